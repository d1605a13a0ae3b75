import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const JOB_SECONDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256]
const REQUEST_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60]

/** Gauge values, read at each scrape. */
export type Present = {
  jobs: Record<string, number>
  songs: Record<string, number>
  workers: Record<string, number>
  isBrokerConnected: boolean
  freeBytes: number
  roomBytes: number
  ledgerChanges: number
}

/** The metrics of a server, for Prometheus. docs/operations.md explains them. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #registers = [this.#registry]
  #look: (() => Present) | null = null
  /** The values of the gauges at the last scrape. */
  #present: Present | null = null

  readonly jobSeconds = new Histogram({
    name: 'minus_one_job_seconds',
    help: 'From the claim of a job to its result, as its worker reports.',
    buckets: JOB_SECONDS,
    registers: this.#registers,
  })
  readonly claims = this.#counter(
    'claims_total',
    'Attempts that began; redelivered: another worker had begun before.',
    'kind',
  )
  readonly results = this.#counter('results_total', 'Results, by outcome.', 'outcome')
  readonly failures = this.#counter(
    'failures_total',
    'Attempts that failed, and those that were returned without a try.',
    'kind',
  )
  readonly offeredAgain = this.#counter('offered_again_total', 'Invitations that were lost and sent again.')
  readonly failedSongs = this.#counter('failed_songs_total', 'Songs that could not be separated.')
  readonly bytes = this.#counter('bytes_total', 'Bytes of sound, by purpose.', 'what')
  readonly requests = new Histogram({
    name: 'minus_one_http_request_seconds',
    help: 'HTTP requests, from the head of the request to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers: this.#registers,
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  /** Adds the gauges. `look` reads all their values, once at each scrape. Call this once. */
  addGauges(look: () => Present): void {
    this.#look = look
    this.#gauge('jobs', 'Jobs that are not done, by state; waiting: not yet sent.', 'state', ({ jobs }) => jobs)
    this.#gauge('songs', 'Songs, by state.', 'state', ({ songs }) => songs)
    this.#gauge('workers', 'Workers that are connected, by state.', 'state', ({ workers }) => workers)
    this.#gauge(
      'broker_connected',
      '1 while the server is connected to the broker.',
      null,
      ({ isBrokerConnected }) => ({
        '': Number(isBrokerConnected),
      }),
    )
    this.#gauge('ledger_changes', 'Rows of the ledger written since the start.', null, ({ ledgerChanges }) => ({
      '': ledgerChanges,
    }))
    this.#gauge('free_bytes', 'Free bytes on the disk of DATA_DIR.', null, ({ freeBytes }) => ({ '': freeBytes }))
    this.#gauge(
      'room_bytes',
      'Bytes left for songs: MAX_DATA_GB, or the disk minus the bytes that stay free, minus the needs of work that has begun.',
      null,
      ({ roomBytes }) => ({ '': roomBytes }),
    )
  }

  async text(): Promise<{ type: string; text: string }> {
    this.#present = this.#look?.() ?? null
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #counter(name: string, help: string, label?: string): Counter {
    return new Counter({
      name: `minus_one_${name}`,
      help,
      labelNames: label ? [label] : [],
      registers: this.#registers,
    })
  }

  #gauge(name: string, help: string, label: string | null, values: (present: Present) => Record<string, number>): void {
    const present = () => this.#present
    new Gauge({
      name: `minus_one_${name}`,
      help,
      labelNames: label ? [label] : [],
      registers: this.#registers,
      collect() {
        this.reset()
        const now = present()
        if (!now) return
        for (const [value, count] of Object.entries(values(now))) this.set(label ? { [label]: value } : {}, count)
      },
    })
  }
}
