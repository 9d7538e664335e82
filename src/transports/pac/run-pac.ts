import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Failure, failure } from '../../core/reasons/reason.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { Resolve } from '../net/egress.js'
import { printable } from '../net/printable.js'
import { abortable } from '../net/within.js'
import type { FromWorker, PacQuestion, ToWorker } from './pac-messages.js'

/** Milliseconds that a script may take from when it begins, its look-ups included. */
export const SCRIPT_LIMIT = 2_000
/** Of the worker around the script; what the script itself may take lies outside V8's heap and is bounded by the worker. */
const LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }
const WORKER = join(import.meta.dirname, 'pac-worker.js')
/** What is looked up: a name or an IPv4 address as RFC 1035 and 1123 have it. */
const NAME = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?$/i

/** By what a script is run. */
export interface PacRunner {
  readonly clock: Clock
  /** How names leave this host. */
  readonly resolve: Resolve
  /** What the worker is made of. Default: the module beside this one. */
  readonly worker?: string | undefined
}

/**
 * What the script of a PAC file answers, run in a thread of its own.
 *
 * @param shown The file, for messages.
 * @throws Failure that says why there is no answer, or what the signal is aborted with.
 */
export function runPac(
  question: PacQuestion,
  shown: string,
  { clock, resolve, worker: file = WORKER }: PacRunner,
  signal: AbortSignal,
): Promise<string> {
  return abortable(signal, (answered, failed) => {
    const worker = new Worker(file, {
      ...{ workerData: question, resourceLimits: LIMITS, name: 'pac' },
      ...{ env: {}, argv: [], execArgv: [], stdin: false, stdout: true, stderr: true },
    })
    let timer: Timer | undefined
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'begins') {
        const late = failure('pac-late', { pac: shown, seconds: SCRIPT_LIMIT / 1_000 })
        timer ??= clock.schedule(SCRIPT_LIMIT, () => failed(late))
      } else if (message.kind === 'name') {
        void addressOf(message.name, resolve).then((address) => {
          worker.postMessage({ id: message.id, address } satisfies ToWorker)
        })
      } else if (message.kind === 'answer') answered(message.text)
      else failed(failureOf(message, shown))
    })
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const outgrown = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      failed(outgrown ? failure('pac-memory', { pac: shown }) : thrown(error.message, shown))
    })
    worker.on('exit', () => failed(thrown('it ended', shown)))
    return () => {
      timer?.cancel()
      worker.removeAllListeners()
      worker.on('error', () => {}) // of one that is being ended
      void worker.terminate()
    }
  })
}

function failureOf(
  message: Exclude<FromWorker, { readonly kind: 'begins' | 'name' | 'answer' }>,
  pac: string,
): Failure {
  if (message.kind === 'no-script') return failure('pac-no-script', { pac, line: message.line })
  if (message.kind === 'no-function') return failure('pac-no-function', { pac })
  return /out of memory/i.test(message.why) ? failure('pac-memory', { pac }) : thrown(message.why, pac)
}

function thrown(why: string, pac: string): Failure {
  return failure('pac-throws', { pac, why: printable(why) })
}

async function addressOf(name: string, resolve: Resolve): Promise<string | null> {
  if (!NAME.test(name) || !URL.canParse(`tcp://${name}`)) return null
  try {
    const found = await resolve(new URL(`tcp://${name}`))
    return found.find(({ family }) => family === 4)?.address ?? null
  } catch {
    return null
  }
}
