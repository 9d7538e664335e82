import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { createPacResolver } from 'pac-resolver'
import { QuickJS } from 'quickjs-wasi'
import type { FromWorker, PacQuestion, ToWorker } from './pac-messages.js'

// Runs a PAC file's script within QuickJS, which is WebAssembly: the script reaches nothing of Node. What it asks of names and
// addresses the main thread answers, which ends this thread if it takes too long.

/** Bytes that the script may take. */
const MEMORY = 33_554_432
/** Characters of an answer that are looked at. */
const MOST = 4_096
/** Questions that a script may ask about names; further ones have no answer. */
const MAX_LOOK_UPS = 64

const { script, url, host, ownAddress } = workerData as PacQuestion
const port = parentPort!
const waiting = new Map<number, (address: string | null) => void>()
let asked = 0

const tell = (message: FromWorker) => port.postMessage(message)

port.on('message', ({ id, address }: ToWorker) => {
  waiting.get(id)?.(address)
  waiting.delete(id)
})

async function dnsResolve(name: unknown): Promise<string | null> {
  if (typeof name !== 'string' || asked >= MAX_LOOK_UPS) return null
  const id = ++asked
  return new Promise((resolve) => {
    waiting.set(id, resolve)
    tell({ kind: 'name', id, name })
  })
}

async function isResolvable(name: unknown): Promise<boolean> {
  return (await dnsResolve(name)) !== null
}

async function isInNet(name: unknown, network: unknown, mask: unknown): Promise<boolean> {
  const [address, within, bits] = [await dnsResolve(name), String(network), String(mask)].map(numberOf)
  if (address === undefined || within === undefined || bits === undefined) return false
  return ((address ^ within) & bits) === 0
}

/** An IPv4 address as one number. */
function numberOf(text: string | null): number | undefined {
  const [, ...bytes] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text ?? '')?.map(Number) ?? []
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return undefined
  return bytes.reduce((all, byte) => (all << 8) | byte, 0)
}

async function myIpAddress(): Promise<string> {
  return ownAddress
}

async function run(): Promise<void> {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'))
  const vm = await QuickJS.create({ wasm, memoryLimit: MEMORY })
  const sandbox = { alert() {}, dnsResolve, isInNet, isResolvable, myIpAddress }
  tell({ kind: 'begins' })
  let find: ReturnType<typeof createPacResolver>
  try {
    find = createPacResolver(vm, script, { sandbox } as Parameters<typeof createPacResolver>[2])
  } catch (thrown) {
    const { message = '', lineNumber } = thrown as { message?: string; lineNumber?: number }
    // What stands there is not told: it may be a file that nobody else may read.
    if (lineNumber !== undefined) return tell({ kind: 'no-script', line: lineNumber })
    if (/FindProxyForURL'? is not defined|Expected a "function"/.test(message))
      return tell({ kind: 'no-function' })
    return tell({ kind: 'throws', why: message })
  }
  try {
    const answer: unknown = await find(url, host)
    tell({ kind: 'answer', text: typeof answer === 'string' ? answer.slice(0, MOST) : '' })
  } catch (thrown) {
    tell({ kind: 'throws', why: String((thrown as Error).message).slice(0, MOST) })
  }
}

await run()
