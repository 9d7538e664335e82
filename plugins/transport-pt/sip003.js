// @ts-check
import { once } from 'node:events'
import net from 'node:net'
import { written } from './settings.js'

/** Milliseconds that a program has to listen, and between two looks whether it does. */
const PATIENCE = 10_000
const INTERVAL = 50
const LOOPBACK = '127.0.0.1'

/**
 * @typedef {import('./managed.js').Context} Context
 * @typedef {import('qanat').Place} Place
 */

/**
 * Starts a plugin of SIP003 (shadowsocks.org) that hands on to a server; it listens on the loopback.
 *
 * @param {Context} context
 * @param {Place} remote
 * @param {import('./settings.js').Settings} settings
 */
export async function startClient(context, remote, settings) {
  const local = { host: LOOPBACK, port: await freePort() }
  return { child: await start(context, { local, remote, looksAt: local, settings }), ready: local }
}

/**
 * Starts one that listens at a place and hands on to a port of the loopback.
 *
 * @param {Context} context
 * @param {Place} remote
 * @param {{ local: Place, settings: import('./settings.js').Settings }} more
 */
export async function startServer(context, remote, { local, settings }) {
  const host = remote.host === '0.0.0.0' ? LOOPBACK : remote.host === '::' ? '::1' : remote.host
  const looksAt = { host, port: remote.port }
  return { child: await start(context, { local, remote, looksAt, settings }), ready: remote }
}

/** @type {(context: Context, what: { local: Place, remote: Place, looksAt: Place, settings: import('./settings.js').Settings }) => Promise<import('qanat').Child>} */
async function start({ clock, network, options, signal }, { local, looksAt, remote, settings }) {
  const { program } = options
  const child = await network.spawn(program, {
    args: options.arguments,
    env: {
      SS_REMOTE_HOST: remote.host,
      SS_REMOTE_PORT: String(remote.port),
      SS_LOCAL_HOST: local.host,
      SS_LOCAL_PORT: String(local.port),
      ...(settings.size > 0 && { SS_PLUGIN_OPTIONS: written(settings) }),
    },
    lowPorts: remote.port < 1024 && looksAt !== local,
    signal,
  })
  /** @type {string | undefined} */
  let ended
  void child.ended.then((how) => {
    ended = how
  })
  for (let look = 0; look < PATIENCE / INTERVAL && ended === undefined; look++) {
    if (await listens(looksAt)) return child
    await new Promise((resolve) => clock.schedule(INTERVAL, () => resolve(undefined)))
  }
  void child.end()
  throw new Error(
    `the program '${program}' cannot be used: ${ended ?? `it does not listen within ${PATIENCE / 1000} s`}`,
  )
}

/** @type {(place: Place) => Promise<boolean>} Whether anybody listens there. */
async function listens({ host, port }) {
  const socket = net.connect(port, host)
  socket.on('error', () => {})
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** A port of the loopback that nobody has at the moment. */
async function freePort() {
  const server = net.createServer().listen(0, LOOPBACK)
  await once(server, 'listening')
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}
