import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { MAX_CONNECTIONS } from '../../../src/control/local-server.js'
import { type UapiHandlers, UapiServer } from '../../../src/control/uapi/server.js'
import type { SetRequest } from '../../../src/control/uapi/set-request.js'
import { ERRNO, UapiError } from '../../../src/control/uapi/uapi-error.js'
import type { Logger } from '../../../src/core/api/logger.js'
import { silentLogger } from '../../../src/core/api/logger.js'

const KEY = '01'.repeat(32)

let server: UapiServer | undefined
afterEach(async () => {
  await server?.close()
})

async function listen(
  handlers: Partial<UapiHandlers> = {},
  { log = silentLogger, patience = 10_000 }: { log?: Logger; patience?: number } = {},
): Promise<string> {
  const path = join(temporaryFolder(), 'wg0.sock')
  const nothing: UapiHandlers = { get: () => ({ mark: 0, peers: [] }), set: async () => {} }
  server = await UapiServer.listen(path, { handlers: { ...nothing, ...handlers }, log, patience })
  return path
}

/** What comes back for some bytes until this end closes, or the other one hangs up. */
async function talk(path: string, bytes: string): Promise<string> {
  const socket = connect(path)
  socket.on('error', () => {})
  socket.end(bytes)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await new Promise((resolve) => socket.on('close', resolve)) // an error is the same to it
  return text
}

describe('UapiServer', () => {
  it('answers what it is asked, in order, on one connection', async () => {
    const asked: SetRequest[] = []
    const path = await listen({
      get: () => ({ mark: asked.length, peers: [] }),
      set: async (request) => void asked.push(request),
    })
    const text = await talk(path, 'get=1\n\nset=1\nfwmark=7\n\nget=1\n\n')
    expect(text).toBe('errno=0\n\nerrno=0\n\nfwmark=1\nerrno=0\n\n')
    expect(asked).toEqual([{ mark: 7, replacesPeers: false, peers: [] }])
  })

  it('lets nobody but its owner at the socket, and removes it at its end', async () => {
    const path = await listen()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await server!.close()
    expect(existsSync(path)).toBe(false)
  })

  it('answers what is refused with its number, says why, and shows no key', async () => {
    const lines: unknown[] = []
    const log = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) }
    const path = await listen(
      { set: () => Promise.reject(new UapiError('taken', ERRNO.addressInUse)) },
      { log },
    )
    expect(await talk(path, `set=1\nprivate_key=${KEY}1\n\nset=1\nlisten_port=1\n\n`)).toBe(
      'errno=-22\n\nerrno=-98\n\n',
    )
    expect(JSON.stringify(lines)).not.toContain(KEY)
    expect(lines).toHaveLength(2)
  })

  it('answers -22 if the tunnel refuses for a reason of its own', async () => {
    const path = await listen({ set: () => Promise.reject(new Error('no such thing')) })
    expect(await talk(path, 'set=1\n\n')).toBe('errno=-22\n\n')
  })

  it('hangs up on what is not the protocol', async () => {
    expect(await talk(await listen(), '{"qanat":1,"ask":"status"}\n')).toBe('')
  })

  it('does nothing of a change whose end does not come', async () => {
    let changes = 0
    const path = await listen({ set: async () => void changes++ })
    expect(await talk(path, 'set=1\nreplace_peers=true\n')).toBe('')
    expect(changes).toBe(0)
  })

  it('hangs up on who asks nothing', async () => {
    const socket = connect(await listen({}, { patience: 50 }))
    await once(socket.resume(), 'close')
  })

  it('serves so many at once, and others when they are gone', async () => {
    const path = await listen()
    const sockets: Socket[] = []
    for (let number = 0; number < MAX_CONNECTIONS; number++) {
      const socket = connect(path)
      sockets.push(socket)
      socket.write('get=1\n\n')
      await once(socket, 'data')
    }
    expect(await talk(path, 'get=1\n\n')).toBe('')
    sockets.pop()!.destroy()
    await expect.poll(() => talk(path, 'get=1\n\n')).toBe('errno=0\n\n')
    for (const socket of sockets) socket.destroy()
  })
})
