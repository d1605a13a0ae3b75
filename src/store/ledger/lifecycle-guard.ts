import {
  ATTEMPT_TRANSITIONS,
  DECODING_TRANSITIONS,
  JOB_TRANSITIONS,
  LISTING_TRANSITIONS,
  SONG_TRANSITIONS,
  type Transition,
  UPLOAD_TRANSITIONS,
} from '../../song/lifecycle.ts'

type Guarded = {
  table: 'songs' | 'jobs' | 'attempts'
  column: string
  /** The state of the old or new row, as an SQL expression. */
  stateOf(row: 'old' | 'new'): string
  transitions: Readonly<Record<string, Transition<string>>>
}

const GUARDED: readonly Guarded[] = [
  { table: 'songs', column: 'state', stateOf: (row) => `${row}.state`, transitions: SONG_TRANSITIONS },
  {
    table: 'songs',
    column: 'arrival',
    stateOf: (row) => `iif(${row}.arrival IS NULL, 'whole', 'uploading')`,
    transitions: UPLOAD_TRANSITIONS,
  },
  {
    table: 'songs',
    column: 'is_decoded',
    stateOf: (row) => `iif(${row}.is_decoded = 1, 'decoded', 'undecoded')`,
    transitions: DECODING_TRANSITIONS,
  },
  {
    table: 'songs',
    column: 'deleted_at',
    stateOf: (row) => `iif(${row}.deleted_at IS NULL, 'listed', 'deleted')`,
    transitions: LISTING_TRANSITIONS,
  },
  { table: 'jobs', column: 'state', stateOf: (row) => `${row}.state`, transitions: JOB_TRANSITIONS },
  { table: 'attempts', column: 'state', stateOf: (row) => `${row}.state`, transitions: ATTEMPT_TRANSITIONS },
]

/**
 * Creates triggers that make SQLite refuse every change of state that no transition permits. So a wrong UPDATE throws
 * wherever it is written. The triggers are temporary: they belong to the connection and are not stored in the ledger's file.
 */
export function lifecycleGuard(): string {
  return GUARDED.map(triggersOf).join('\n')
}

function triggersOf({ table, column, stateOf, transitions }: Guarded): string {
  const all = Object.values(transitions)
  const pairs = all.flatMap(({ from, to }) => from.flatMap((state) => (state === null ? [] : `${state}>${to}`)))
  const first = all.flatMap(({ from, to }) => (from.includes(null) ? to : []))
  const [before, after] = [stateOf('old'), stateOf('new')]
  return `CREATE TEMP TRIGGER ${table}_${column}_transition BEFORE UPDATE OF ${column} ON ${table}
  WHEN ${before} <> ${after} AND ${before} || '>' || ${after} NOT IN (${quoted(pairs)})
  BEGIN SELECT RAISE(ABORT, '${table}: ' || ${before} || ' -> ' || ${after} || ' is not a permitted transition'); END;
CREATE TEMP TRIGGER ${table}_${column}_first_state BEFORE INSERT ON ${table}
  WHEN ${after} NOT IN (${quoted(first)})
  BEGIN SELECT RAISE(ABORT, '${table}: ' || ${after} || ' is not a permitted first state'); END;`
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}
