import { availableParallelism, homedir, totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { bareHost, isNetwork, parseAuthority } from './platform/address.ts'
import { MEBIBYTE } from './platform/byte-units.ts'
import { UserError } from './song/errors.ts'

/** The memory of a worker with the bundled four-stem model, and the default limit for a worker's models. */
export const WORKER_MEMORY_MB = 1_100
/** The memory of a worker with the bundled four-stem model and the one that hears words. With less it closes one to load the other. */
export const BOTH_MODELS_MEMORY_MB = 1_900
/** The memory that the largest model of the catalogue takes. One worker of a machine should have it. */
export const LARGEST_MODEL_MEMORY_MB = 6_000
const LOCAL_BROKER = '127.0.0.1'
/** The usual STOMP port (RabbitMQ, ActiveMQ). */
export const STOMP_PORT = 61_613
/** The password of RabbitMQ after the set-up in docs/rabbitmq.md. */
const DEFAULT_PASSWORD = 'admin'
/** Host names by which a machine reaches only itself. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1'])
/** Another user of this machine has ten guesses a minute, and eight characters are enough against that. */
const MIN_TOKEN_CHARACTERS = 8

const text = z.string().trim().min(1)
const port = z.coerce.number().int().min(0).max(65_535)
const count = z.coerce.number().int().min(0)
const onOff = z.stringbool()

/** A folder for the program's files below the user's home (XDG Base Directory Specification). */
function userFolder(variable: string, below: string): string {
  return join(process.env[variable] || join(homedir(), below), 'minus-one')
}

/** "out,in" in milliseconds: how often we send, and how often we want to receive (STOMP 1.2, Heart-beating). */
const heartbeats = z
  .string()
  .regex(/^\d+,\d+$/, 'two numbers of milliseconds, as in 15000,15000')
  .transform((pair) => {
    const [outMs = 0, inMs = 0] = pair.split(',').map(Number)
    return { outMs, inMs }
  })

/** A host name or an IP address. */
const host = text.transform(bareHost)

const address = text.transform((given, context) => {
  const parsed = parseAuthority(given, STOMP_PORT)
  if (parsed) return parsed
  context.addIssue('an address, or an address and a port, as in 127.0.0.1:61613 or [::1]:61613')
  return z.NEVER
})

/** One or more addresses or networks, with commas between them. */
const networks = text
  .transform((list) => list.split(',').map((each) => bareHost(each.trim())))
  .refine((all) => all.every(isNetwork), { error: 'an address, as 127.0.0.1 or ::1, or a network, as 10.0.0.0/8' })
  .transform((all) => all.join(','))

/** A prefix for the paths of links and cookies: '' at the root, else for example '/karaoke', without a slash at its end. */
const basePath = z
  .string()
  .trim()
  .transform((path) => path.replace(/\/+$/, ''))
  .refine((path) => /^(\/[\w.~-]+)*$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path), {
    error: 'a path of letters, digits and - . _ ~ that begins with a slash, as in /karaoke',
  })

/** Every setting by its name in the environment (as a flag: --broker-host), with its meaning and its schema. */
export const SETTINGS = {
  BROKER_HOST: { about: 'the STOMP broker; unset: serve embeds one, work uses 127.0.0.1', schema: host.optional() },
  BROKER_PORT: { about: "the broker's STOMP port", schema: port.default(STOMP_PORT) },
  BROKER_USER: { about: 'login at the broker', schema: text.default('admin') },
  BROKER_PASSWORD: {
    about:
      'password at the broker (default: admin; of the embedded broker a random one, which your workers on this machine find)',
    schema: z.string().optional(),
    isSecret: true,
  },
  BROKER_VHOST: { about: "the broker's virtual host", schema: text.default('/') },
  BROKER_TLS: { about: 'reach the broker over TLS (on, off)', schema: onOff.default(false) },
  BROKER_LISTEN: { about: 'where the embedded broker listens (default 127.0.0.1:61613)', schema: address.optional() },
  WORKERS_HEALTHY: { about: 'worker processes (default: one per core that memory allows)', schema: count.optional() },
  WORKERS_UNHEALTHY: { about: 'worker processes that kill themselves', schema: count.default(0) },
  WORKER_SIMULATE_CRASH_AFTER: {
    about: "seconds from an unhealthy worker's first job to its death",
    schema: z.coerce.number().min(0).default(20),
  },
  WORKER_MEMORY_MB: {
    about:
      'memory for the models of one worker (default: 1100, or 1900 on a machine with much memory; the first worker gets all that is left)',
    schema: z.coerce.number().positive().optional(),
  },
  EXECUTION_PROVIDER: {
    about: 'where networks run: auto, cpu or cuda',
    schema: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  },
  WORKER_THREADS: {
    about: 'threads of one worker (default: 2, where there are as many cores)',
    schema: z.coerce.number().int().min(1).max(64).default(Math.min(2, availableParallelism())),
  },
  AUDIO_WORKER_CONN_HEARTBEATS: {
    about: 'STOMP heart-beats in ms, out and in',
    schema: heartbeats.prefault('15000,15000'),
  },
  HOST: { about: 'where the server listens', schema: host.default('127.0.0.1') },
  PORT: { about: "the server's port", schema: port.default(8000) },
  SERVER_URL: {
    about: 'the URL at which workers reach the server (default: the address that reaches the broker)',
    schema: z.url({ protocol: /^https?$/ }).optional(),
  },
  BASE_PATH: {
    about: 'the path at which a reverse proxy shows the server, as in /karaoke (default: none)',
    schema: basePath.default(''),
  },
  ACCESS_TOKEN: {
    about: 'the secret that lets people in: as login on the page, or as Authorization: Bearer',
    schema: z.string().trim().min(MIN_TOKEN_CHARACTERS, `at least ${MIN_TOKEN_CHARACTERS} characters`).optional(),
    isSecret: true,
  },
  TLS_CERT: {
    about: 'file of the certificate (PEM, with its chain); the server then speaks https',
    schema: text.optional(),
  },
  TLS_KEY: { about: 'file of its private key (PEM)', schema: text.optional() },
  TRUSTED_PROXY: {
    about: 'addresses or networks of reverse proxies whose X-Forwarded-… headers are trusted, with commas between them',
    schema: networks.optional(),
  },
  DATA_DIR: { about: 'where songs and the ledger are kept', schema: text.default('./data') },
  MODEL: { about: 'the model used when none is asked for', schema: text.default('four-stems') },
  MODELS_DIR: {
    about: 'where models are installed, beside those that come with the program',
    schema: text.default(join(userFolder('XDG_DATA_HOME', '.local/share'), 'models')),
  },
  CACHE_DIR: {
    about: 'where workers keep models that they fetched from servers, and Node keeps compiled code',
    schema: text.default(userFolder('XDG_CACHE_HOME', '.cache')),
  },
  HF_ENDPOINT: {
    about: 'the URL of the Hugging Face hub, or of a mirror',
    schema: z.url().default('https://huggingface.co'),
  },
  HF_TOKEN: {
    about: 'your token at the Hugging Face hub, for models that are not public',
    schema: text.optional(),
    isSecret: true,
  },
  MAX_UPLOAD_MB: { about: 'largest upload', schema: z.coerce.number().positive().default(1024) },
  MAX_SONG_MINUTES: { about: 'longest song', schema: z.coerce.number().positive().default(180) },
  MAX_DATA_GB: {
    about: 'how much of the disk DATA_DIR may take (default: all but 5 GB, or all but a tenth of a small disk)',
    schema: z.coerce.number().positive().optional(),
  },
  MAX_UPLOADS: {
    about: 'how many uploads one address may send at a time',
    schema: z.coerce.number().int().min(1).default(8),
  },
  MAX_REQUESTS_PER_MINUTE: {
    about: 'how many requests one address may send in a minute; 0: any number',
    schema: count.default(6000),
  },
  STALLED_AFTER_SECONDS: {
    about: 'a request that sends less than 16 KiB in so many seconds is cut off',
    schema: z.coerce.number().positive().default(30),
  },
  LYRICS: {
    about:
      'words in time by the workers: auto (a text is placed, and a song without one is transcribed), ask (only when somebody asks), off',
    schema: z.enum(['auto', 'ask', 'off']).default('auto'),
  },
  RETENTION_DAYS: {
    about: 'songs are deleted so many days after their upload; 0: never',
    schema: z.coerce.number().min(0).default(0),
  },
  MAX_ATTEMPTS: {
    about: 'how many failed attempts at one job make a song fail',
    schema: z.coerce.number().int().min(1).default(3),
  },
  LOG_FORMAT: { about: 'text or json', schema: z.enum(['text', 'json']).default('text') },
} as const satisfies Record<string, { about: string; schema: z.ZodType; isSecret?: true }>

type SettingName = keyof typeof SETTINGS
export type Config = { [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> }

/**
 * Reads the settings. Flags win over the environment; an empty value counts as not given.
 * Throws one UserError that names every wrong value.
 */
export function readConfig(
  environment: Record<string, string | undefined>,
  flags: Record<string, string> = {},
): Config {
  const given = Object.entries(SETTINGS).flatMap(([name]) => {
    const value = flags[name] ?? environment[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  const shape = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema]))
  const parsed = z.object(shape).safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data as Config
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new UserError(`These settings are wrong:\n${faults.join('\n')}`, { code: 'config' })
}

/** The memory of this machine that workers may take; the rest is for the system and the server. */
export function usableMemoryMb(): number {
  return Math.floor((totalmem() * 0.75) / MEBIBYTE)
}

/** The default number of workers: one per core, or fewer if memory is short. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(usableMemoryMb() / WORKER_MEMORY_MB)))
}

/** The address of the broker and the login for it. */
export function brokerAddress(config: Config) {
  return {
    host: config.BROKER_HOST ?? LOCAL_BROKER,
    port: config.BROKER_PORT,
    user: config.BROKER_USER,
    password: config.BROKER_PASSWORD ?? DEFAULT_PASSWORD,
    vhost: config.BROKER_VHOST,
    tls: config.BROKER_TLS,
  }
}
