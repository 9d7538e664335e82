import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { ask, Conversation } from '../../src/control/client.js'
import { type Asker, type ControlHandlers, ControlServer } from '../../src/control/server.js'
import { ConfigError, QanatError } from '../../src/core/api/errors.js'
import { silentLogger } from '../../src/core/api/logger.js'
import { eventually } from '../support/eventually.js'

const nothing: ControlHandlers = {
  status: () => ({}),
  look: () => ({}),
  reload: () => ({}),
  login: () => ({}),
  down: () => ({}),
}

let server: ControlServer | undefined
afterEach(async () => {
  await server?.close()
})

async function listen(handlers: Partial<ControlHandlers> = {}): Promise<string> {
  const path = join(temporaryFolder(), 'a.sock')
  server = await ControlServer.listen(path, { ...nothing, ...handlers }, silentLogger)
  return path
}

/** What comes back for some bytes, until the other side hangs up or has answered that often. */
async function talk(
  path: string,
  bytes: string | Buffer,
  answers = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const socket = connect(path)
  socket.write(bytes)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    if (text.split('\n').length > answers) socket.destroy()
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return text.split('\n').filter((line) => line !== '')
}

describe('ControlServer', () => {
  it('answers each question with what its handler returns, at once or later', async () => {
    const path = await listen({ status: () => ({ up: true }), reload: async () => 7, down: () => undefined })
    expect(await ask(path, 'a.toml', 'status')).toEqual({ up: true })
    expect(await ask(path, 'a.toml', 'reload')).toBe(7)
    expect(await ask(path, 'a.toml', 'down')).toBeNull()
  })

  it('does nothing more for who hung up', async () => {
    let asked = 0
    let goOn = () => {}
    const first = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const path = await listen({
      reload: async () => {
        asked++
        await first
      },
    })
    const socket = connect(path)
    socket.write('{"qanat":1,"ask":"reload"}\n'.repeat(3))
    await eventually('the first one is asked', () => asked, 1)
    socket.destroy()
    await ask(path, 'a.toml', 'status')
    goOn()
    await server?.close()
    expect(asked).toBe(1)
  })

  it('lets nobody but its owner at the socket', async () => {
    expect(statSync(await listen()).mode & 0o777).toBe(0o600)
  })

  it('lets nobody at it before, whatever the umask is', async () => {
    const before = process.umask(0)
    const bound = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args) {
      bound.mockRestore()
      this.listen(...(args as unknown as Parameters<Server['listen']>))
      expect(statSync(String(args[0])).mode & 0o777).toBe(0o600)
      return this
    })
    try {
      await listen()
    } finally {
      expect(process.umask(before)).toBe(0)
    }
  })

  it('tells its handlers how long something is to last, and when who asked for it is gone', async () => {
    const asked: Asker[] = []
    const path = await listen({ login: (asker) => void asked.push(asker) })
    const conversation = new Conversation(path, 'a.toml')
    expect(await conversation.ask('login', 600)).toBeNull()
    expect(await conversation.ask('status')).toEqual({})
    expect(asked).toMatchObject([{ seconds: 600 }])
    expect(asked[0]!.gone.aborted).toBe(false)
    conversation.close()
    await eventually('the handler knows', () => asked[0]!.gone.aborted)
  })

  it('ends a conversation in words when it closes', async () => {
    const path = await listen()
    const conversation = new Conversation(path, 'a.toml')
    await conversation.ask('status')
    await server!.close()
    const hungUp = { code: 'ERR_CONTROL', message: 'Cannot ask the tunnel of a.toml: it hung up' }
    expect(await conversation.ended).toMatchObject(hungUp)
    await expect(conversation.ask('status')).rejects.toMatchObject(hungUp)
  })

  it('answers with the error of a handler, its code included', async () => {
    const message = 'Cannot use a.toml:3: no\nCannot use a.toml:4: no'
    const path = await listen({
      reload: () => {
        throw new ConfigError(message, { code: 'ERR_CONFIG_VALUE' })
      },
      status: () => Promise.reject(new Error('a bug')),
    })
    await expect(ask(path, 'a.toml', 'reload')).rejects.toMatchObject({ code: 'ERR_CONFIG_VALUE', message })
    await expect(ask(path, 'a.toml', 'status')).rejects.toMatchObject({
      code: 'ERR_CONTROL',
      message: 'a bug',
    })
  })

  it.each([
    ['no JSON', 'nonsense\n', 'this is not a request of version 1'],
    ['JSON that is no object', 'null\n', 'this is not a request of version 1'],
    ['another version', '{"qanat":2,"ask":"status"}\n', 'this is not a request of version 1'],
    [
      'an unknown question',
      '{"qanat":1,"ask":"toString"}\n',
      "'ask' is unknown; allowed: status, look, reload, login, down",
    ],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x0a]), 'this is not a request of version 1'],
  ])('answers %s with one line', async (_what, bytes, why) => {
    const path = await listen()
    const lines = await talk(path, bytes, 1)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ qanat: 1, error: { code: 'ERR_CONTROL' } })
    expect(JSON.parse(lines[0]!).error.message).toContain(why)
    expect(await ask(path, 'a.toml', 'status')).toEqual({})
  })

  it('answers a question that is too long, or too many, with one line and hangs up', async () => {
    const path = await listen({ status: () => new Promise(() => {}) })
    for (const bytes of ['x'.repeat(1_000_000), '{"qanat":1,"ask":"reload"}\n'.repeat(100)]) {
      const lines = await talk(path, bytes)
      expect(lines.at(-1)).toContain('a question has 4096 bytes at most, and 16 may wait')
    }
  })

  it('hears 16 who ask at a time, and hangs up on any other', async () => {
    const path = await listen()
    const first = Array.from({ length: 16 }, () => connect(path))
    await Promise.all(first.map((socket) => once(socket, 'connect')))
    await expect(ask(path, 'a.toml', 'status')).rejects.toThrow(/it hung up|EPIPE|ECONNRESET/)
    const [one] = first
    one!.write('{"qanat":1,"ask":"status"}\n')
    expect(String((await once(one!, 'data'))[0])).toBe('{"qanat":1,"answer":{}}\n')
    one!.destroy()
    await eventually('a place is free', () => ask(path, 'a.toml', 'status').catch(() => undefined))
    for (const socket of first) socket.destroy()
  })

  it('hangs up on who asks nothing for a while', async () => {
    const path = join(temporaryFolder(), 'a.sock')
    server = await ControlServer.listen(path, nothing, silentLogger, 50)
    const idle = connect(path).resume()
    idle.write('{"qanat":1,')
    await once(idle, 'close')
  })

  it('answers what it was asked before it closes, and takes the socket away', async () => {
    let finish!: () => void
    const path = await listen({ down: () => new Promise<void>((resolve) => (finish = resolve)) })
    const answer = ask(path, 'a.toml', 'down')
    await eventually('it is asked', () => finish !== undefined)
    const closing = server!.close()
    finish()
    expect(await answer).toBeNull()
    await closing
    expect(existsSync(path)).toBe(false)
  })

  it('closes though somebody is connected and asks nothing', async () => {
    const path = await listen()
    const idle = connect(path)
    await once(idle, 'connect')
    idle.on('error', () => {})
    await server!.close()
  })

  it('closes though somebody asked and does not read the answer', async () => {
    const path = join(temporaryFolder(), 'a.sock')
    let asked = false
    const status = () => {
      asked = true
      return 'x'.repeat(16_000_000)
    }
    server = await ControlServer.listen(path, { ...nothing, status }, silentLogger, 50)
    const deaf = connect(path)
    deaf.on('error', () => {})
    deaf.pause().write('{"qanat":1,"ask":"status"}\n')
    await eventually('it is asked', () => asked)
    await server.close()
    deaf.destroy()
  })

  it('closes though an answer is never found', async () => {
    const path = join(temporaryFolder(), 'a.sock')
    let asked = false
    const reload = () => {
      asked = true
      return new Promise(() => {})
    }
    server = await ControlServer.listen(path, { ...nothing, reload }, silentLogger, 50)
    const answer = ask(path, 'a.toml', 'reload')
    await eventually('it is asked', () => asked)
    await server.close()
    await expect(answer).rejects.toThrow(QanatError)
  })

  it('replaces what a process that was killed left', async () => {
    const path = join(temporaryFolder(), 'a.sock')
    writeFileSync(path, '')
    server = await ControlServer.listen(path, nothing, silentLogger)
    expect(await ask(path, 'a.toml', 'status')).toEqual({})
  })

  it('tells where it cannot listen', async () => {
    const listening = ControlServer.listen('/dev/null/a.sock', nothing, silentLogger)
    await expect(listening).rejects.toMatchObject({ code: 'ERR_CONTROL', message: /^Cannot answer at / })
  })
})

describe('ask', () => {
  it('tells that nobody is there', async () => {
    const path = join(temporaryFolder(), 'a.sock')
    const message = 'Cannot reach the tunnel of a.toml: it is not running'
    await expect(ask(path, 'a.toml', 'status')).rejects.toMatchObject({ code: 'ERR_NOT_RUNNING', message })
  })

  it.each([
    ['hangs up', '', /it hung up$/],
    ['is of another version', '{"qanat":9}\n', /it runs another version/],
    ['says nonsense', 'nonsense\n', /it runs another version/],
  ])('tells where the other side %s', async (_what, answer, message) => {
    const path = join(temporaryFolder(), 'a.sock')
    const strange = createServer((socket) => socket.end(answer)).listen(path)
    await once(strange, 'listening')
    await expect(ask(path, 'a.toml', 'status')).rejects.toThrow(message)
    strange.close()
  })
})
