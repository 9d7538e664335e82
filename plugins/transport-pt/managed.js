// @ts-check
import { addressOf, isLoopback, parseAddress } from './address.js'
import { written } from './settings.js'

/** Milliseconds that a program has to be ready. */
const PATIENCE = 10_000

/**
 * @typedef {import('qanat').PluginContext<import('./options.js').PtOptions>} Context
 * @typedef {import('qanat').Place} Place
 */

/**
 * Starts a client of Tor's pluggable transports, managed proxies of version 1 (torspec's pt-spec.md): it listens for SOCKS on
 * the loopback.
 *
 * @param {Context} context
 */
export function startClient(context) {
  const { transport } = context.options
  const env = { TOR_PT_CLIENT_TRANSPORTS: transport }
  return startManaged(context, { env, folder: 'client', word: 'CMETHOD' }, ([kind, address = '']) => {
    const place = parseAddress(address)
    if (kind !== 'socks5') throw new Error(`it speaks ${kind}, not socks5`)
    if (place === undefined || !isLoopback(place.host)) throw new Error(`it listens at ${address}`)
    return place
  })
}

/**
 * Starts a server of theirs, which listens at a place, and hands on to `orPort`, or tells `extOrPort` where a client is.
 *
 * @param {Context} context
 * @param {Place} local
 * @param {{ orPort: Place, extOrPort: Place, cookieFile: Uint8Array, settings: import('./settings.js').Settings }} far
 */
export function startServer(context, local, { cookieFile, extOrPort, orPort, settings }) {
  const { state, transport } = context.options
  const folder = `server-${local.port}`
  const env = {
    TOR_PT_SERVER_TRANSPORTS: transport,
    TOR_PT_SERVER_BINDADDR: `${transport}-${addressOf(local)}`,
    TOR_PT_ORPORT: addressOf(orPort),
    TOR_PT_EXTENDED_SERVER_PORT: addressOf(extOrPort),
    TOR_PT_AUTH_COOKIE_FILE: `${state}/${folderOf(context, folder)}/cookie`,
    ...(settings.size > 0 && { TOR_PT_SERVER_TRANSPORT_OPTIONS: written(settings, `${transport}:`) }),
  }
  const more = { files: { cookie: cookieFile }, lowPorts: local.port < 1024 }
  return startManaged(context, { env, folder, word: 'SMETHOD', ...more }, ([address = '']) => {
    const place = parseAddress(address)
    if (place === undefined) throw new Error(`it listens at ${address}`)
    return place
  })
}

/** @type {(context: Context, role: string) => string} What the folder of a program is called. */
export function folderOf({ options }, role) {
  return `${role}-${options.transport.replace(/\W/g, '_')}`
}

/**
 * @template Ready
 * @param {Context} context
 * @param {{ env: Record<string, string>, folder: string, word: string, lowPorts?: boolean, files?: Record<string, Uint8Array> }} what
 * @param {(words: string[]) => Ready} read what the program says of the transport
 */
async function startManaged(context, { env, folder, word, ...more }, read) {
  const { clock, network, options, signal } = context
  const { program, state, transport } = options
  const path = `${state}/${folderOf(context, folder)}`
  /** @type {(ready: Ready) => void} */
  let resolve = () => {}
  /** @type {(error: Error) => void} */
  let reject = () => {}
  const readying = /** @type {Promise<Ready>} */ (
    new Promise((yes, no) => {
      resolve = yes
      reject = no
    })
  )
  readying.catch(() => {}) // it may end before anybody waits
  const line = (/** @type {string} */ text) => {
    try {
      const ready = heard(text, word, transport)
      if (ready !== undefined) resolve(read(ready))
    } catch (thrown) {
      reject(/** @type {Error} */ (thrown))
    }
  }
  const child = await network.spawn(program, {
    args: options.arguments,
    env: {
      ...env,
      TOR_PT_MANAGED_TRANSPORT_VER: '1',
      TOR_PT_STATE_LOCATION: path,
      TOR_PT_EXIT_ON_STDIN_CLOSE: '1',
    },
    folder: path,
    line,
    signal,
    ...more,
  })
  void child.ended.then((how) => reject(new Error(how)))
  const timer = clock.schedule(PATIENCE, () =>
    reject(new Error(`it is not ready within ${PATIENCE / 1000} s`)),
  )
  try {
    return { child, ready: await readying }
  } catch (thrown) {
    void child.end()
    throw new Error(`the program '${program}' cannot be used: ${/** @type {Error} */ (thrown).message}`)
  } finally {
    timer.cancel()
  }
}

/**
 * What a line says of a transport, if anything. Throws an Error if the program cannot do what it is asked for.
 *
 * @param {string} text
 * @param {string} word
 * @param {string} transport
 */
export function heard(text, word, transport) {
  const [said = '', name, ...words] = text
    .slice(0, 2_048)
    .replace(/[^\x20-\x7e]/g, '?')
    .split(' ')
  if (said === word && name === transport) return words
  if (said === `${word}S` && name === 'DONE') throw new Error(`it has no transport '${transport}'`)
  if (said.endsWith('-ERROR')) throw new Error(text.slice(0, 160).replace(/[^\x20-\x7e]/g, '?'))
  return undefined
}
