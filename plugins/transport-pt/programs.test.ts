import type { Child, Clock, PluginContext } from 'qanat'
import { pluginContext, VirtualClock } from 'qanat/testing'
import { describe, expect, it } from 'vitest'
import plugin from './index.js'
import { KeptProgram } from './kept-program.js'
import { startClient } from './managed.js'
import { settingsOf, written } from './settings.js'

describe('a program that is kept', () => {
  it('is started again once it ended, after a pause that doubles, and one that ran for long after a short one', async () => {
    const { clock, ends, program, starts } = kept()
    await program.ready()
    for (const pause of [1_000, 2_000, 4_000]) {
      await ends('it ended with code 1')
      await expect(program.ready()).rejects.toThrow('the program is not running: it ended with code 1')
      clock.advance(pause - 1)
      const before = starts()
      await settled()
      expect(starts()).toBe(before)
      clock.advance(1)
      await settled()
      expect(starts()).toBe(before + 1)
    }
    clock.advance(60_001)
    await ends('it ended with code 1')
    const before = starts()
    clock.advance(1_000)
    await settled()
    expect(starts()).toBe(before + 1)
  })

  it('is ended with whoever wanted it, and not started again', async () => {
    const { clock, program, starts } = kept()
    await program.ready()
    await program.close()
    clock.advance(100_000)
    await settled()
    expect(starts()).toBe(1)
    await expect(program.ready()).rejects.toThrow('no longer wanted')
  })
})

describe('a client of a pluggable transport', () => {
  it.each([
    ['CMETHOD obfs4 socks5 192.0.2.1:1080', 'it listens at 192.0.2.1:1080'],
    ['CMETHOD obfs4 socks5 localhost', 'it listens at localhost'],
    ['CMETHOD obfs4 socks4 127.0.0.1:1080', 'it speaks socks4, not socks5'],
    ['CMETHODS DONE', "it has no transport 'obfs4'"],
    ['CMETHOD-ERROR obfs4 no \u001b[2J', 'CMETHOD-ERROR obfs4 no ?[2J'],
    ['VERSION-ERROR no-version', 'VERSION-ERROR no-version'],
  ])('is refused, and ended, if it says: %s', async (line, why) => {
    const { context, ended } = told('VERSION 1', line)
    await expect(startClient(context)).rejects.toThrow(`the program 'obfs4proxy' cannot be used: ${why}`)
    expect(ended()).toBe(true)
  })

  it('is used if it listens on the loopback, whatever else it says', async () => {
    const { context } = told(
      'LOG SEVERITY=x',
      'CMETHOD obfs3 socks5 127.0.0.1:1',
      'CMETHOD obfs4 socks5 127.0.0.1:2',
    )
    expect((await startClient(context)).ready).toEqual({ host: '127.0.0.1', port: 2 })
  })
})

it('writes settings as both protocols do, those of an endpoint in the place of the others', () => {
  const settings = settingsOf(['cert=a=;\\b', 'server', 'iat-mode=0'], new URL('pt://host:1?iat-mode=1'))
  expect(written(settings)).toBe('cert=a\\=\\;\\\\b;server;iat-mode=1')
  expect(written(settingsOf(['key=a:b']), 'obfs4:')).toBe('obfs4:key=a\\:b')
})

/** A program that always runs, by a clock that stands still. */
function kept() {
  const clock = new VirtualClock()
  const { log, signal } = pluginContext(plugin, clock)
  let end: (how: string) => void = () => {}
  let starts = 0
  const program = new KeptProgram({
    context: { clock, log, signal },
    always: true,
    async start() {
      starts++
      const ended = new Promise<string>((resolve) => {
        end = resolve
      })
      return { child: { ended, end: async () => end('it was ended by SIGTERM') }, ready: undefined }
    },
  })
  const ends = (how: string) => {
    end(how)
    return settled()
  }
  return { clock, ends, program, starts: () => starts }
}

/** A context in which each program says these lines. */
function told(...lines: readonly string[]) {
  const context = pluginContext(plugin) as PluginContext as Parameters<typeof startClient>[0]
  let isOver = false
  const spawn = async (_: string, { line }: { line?: (text: string) => void } = {}): Promise<Child> => {
    for (const text of lines) line!(text)
    const end = async () => {
      isOver = true
    }
    return { ended: new Promise(() => {}), end }
  }
  const clock: Clock = context.clock
  return { context: { ...context, clock, network: { ...context.network, spawn } }, ended: () => isOver }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
