import { expect, it } from 'vitest'
import { END_LIMIT } from '../../src/app/faults/faults.js'
import { addPlugin } from '../../src/app/plugins/plugins.js'
import { tryHooks } from '../../src/app/try-hooks.js'
import { VirtualClock } from '../../src/conformance/kit/virtual-clock.js'
import type { PacketHook } from '../../src/core/api/packet-hook.js'
import { never } from '../support/memory-net.js'
import { TunnelLab } from '../support/tunnel-lab.js'

/** Tries a hook that ends so. */
function tried(close: NonNullable<PacketHook['close']>) {
  const clock = new VirtualClock()
  const lab = new TunnelLab(clock)
  const packetHooks = { one: { summary: 'for a test', create: () => ({ outgoing: () => undefined, close }) } }
  addPlugin(lab.container, { api: 1, name: 'hooks', packetHooks }, 'hooks')
  const config = { ...lab.config('memory://tried'), packetHooks: ['one'] }
  return { clock, trying: tryHooks(lab.container, config, never) }
}

it('hooks that are tried are closed again', async () => {
  let closed = 0
  await tried(() => void closed++).trying
  expect(closed).toBe(1)
})

it('hooks that do not end are waited for as long as a tunnel waits, and no longer', async () => {
  const { clock, trying } = tried(() => new Promise(() => {}))
  const refused = expect(trying).rejects.toThrow(
    "Cannot close packet hook 'one' of plugin 'hooks': 'close' did not end within 5 s",
  )
  while (clock.pending === 0) await new Promise(setImmediate)
  clock.advance(END_LIMIT)
  await refused
})
