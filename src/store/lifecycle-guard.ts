import { ATTEMPT_TRANSITIONS, JOB_TRANSITIONS, SONG_TRANSITIONS, type Transition } from '../song/lifecycle.ts'

const LIFECYCLES: Record<string, Readonly<Record<string, Transition<string>>>> = {
  songs: SONG_TRANSITIONS,
  jobs: JOB_TRANSITIONS,
  attempts: ATTEMPT_TRANSITIONS,
}

/**
 * Triggers by which SQLite itself refuses a state that no permitted transition leads to, so that a wrong UPDATE throws
 * wherever it stands. They are temporary: they belong to a connection and are not written into the ledger's file.
 */
export function lifecycleGuard(): string {
  return Object.entries(LIFECYCLES)
    .map(([table, transitions]) => guardOf(table, Object.values(transitions)))
    .join('\n')
}

function guardOf(table: string, transitions: readonly Transition<string>[]): string {
  const pairs = transitions.flatMap(({ from, to }) => from.flatMap((state) => (state === null ? [] : `${state}>${to}`)))
  const first = transitions.flatMap(({ from, to }) => (from.includes(null) ? to : []))
  return `CREATE TEMP TRIGGER ${table}_lifecycle BEFORE UPDATE OF state ON ${table}
  WHEN old.state <> new.state AND old.state || '>' || new.state NOT IN (${quoted(pairs)})
  BEGIN SELECT RAISE(ABORT, '${table}: ' || old.state || ' -> ' || new.state || ' is not a permitted transition'); END;
CREATE TEMP TRIGGER ${table}_first_state BEFORE INSERT ON ${table}
  WHEN new.state NOT IN (${quoted(first)})
  BEGIN SELECT RAISE(ABORT, '${table}: ' || new.state || ' is not a permitted first state'); END;`
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}
