import { describe, expect, it } from 'vitest'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { TransportError } from '../../../src/core/api/errors.js'
import { turns } from '../../support/eventually.js'
import { pass } from '../../support/netsim/pass.js'
import { type Hook, TunnelLab } from '../../support/tunnel-lab.js'

const PACKET = Uint8Array.of(0x45, ...new Uint8Array(19))
const never = new AbortController().signal

/** A name that no name server knows. */
const unknownHost: Hook = () => {
  throw new TransportError('Cannot resolve x: no such host', { code: 'ERR_HOST_UNKNOWN' })
}

/** A part that waits until it is let go on. */
function gate(): { readonly hook: Hook; open(): void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { hook: () => opened, open }
}

describe('Tunnel', () => {
  it('carries packets between two ends', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    const near = await Tunnel.start(lab.container, lab.config(undefined, 'memory://near'), never)
    const far = await Tunnel.start(lab.container, lab.config('memory://near'), never)
    const [nearDevice, farDevice] = [near, far].map(({ device }) => lab.tunDriver.devices.get(device)!)
    farDevice!.inject(PACKET)
    clock.advance(1)
    nearDevice!.inject(PACKET, PACKET)
    clock.advance(1)
    expect([nearDevice!.written, farDevice!.written]).toEqual([[PACKET], [PACKET, PACKET]])
    await far.close()
    await near.close()
    await far.ended
    expect([lab.open, lab.warnings, clock.pending]).toEqual([[], [], 0])
  })

  it('closes once, however often it is told to', async () => {
    const lab = new TunnelLab(new VirtualClock())
    const tunnel = await Tunnel.start(lab.container, lab.config(undefined, 'memory://near'), never)
    const closing = tunnel.close()
    expect(tunnel.close()).toBe(closing)
    await closing
    lab.handlers!.failed(new Error('too late'))
    await tunnel.ended
    expect(lab.open).toEqual([])
  })

  it('ends with the error of what failed, once all is restored', async () => {
    const lab = new TunnelLab(new VirtualClock())
    const tunnel = await Tunnel.start(lab.container, lab.config('memory://near', 'memory://far'), never)
    const error = new TransportError('socket gone', { code: 'ERR_TRANSPORT_FAILED' })
    lab.handlers!.failed(error)
    lab.handlers!.failed(new Error('and another'))
    await expect(tunnel.ended).rejects.toBe(error)
    expect(lab.open).toEqual([])
    await tunnel.close()
  })

  it('puts the rest back where one part does not close', async () => {
    const lab = new TunnelLab(new VirtualClock())
    lab.hooks.closeDevice = () => {
      throw new Error('stuck')
    }
    const tunnel = await Tunnel.start(lab.container, lab.config(undefined, 'memory://near'), never)
    await tunnel.close()
    expect([lab.open, lab.warnings]).toEqual([
      [],
      ["Cannot close TUN driver 'memory' of plugin 'lab': 'close' failed: stuck"],
    ])
  })
})

describe('Tunnel that cannot start', () => {
  it.each([
    ['transport', { peers: [{ id: 'peer', allowed: [], endpoints: [new URL('other://host')] }] }],
    ['transport', { listen: [new URL('other://host')] }],
    ['cipher', { cipher: 'other' }],
    ['TUN driver', { tunDriver: 'other' }],
  ])('names the known ones where it knows no such %s, before it makes anything', async (kind, wrong) => {
    const lab = new TunnelLab(new VirtualClock())
    lab.hooks.device = () => expect.unreachable()
    const start = Tunnel.start(lab.container, { ...lab.config(), ...wrong }, never)
    await expect(start).rejects.toMatchObject({
      code: 'ERR_PLUGIN_UNKNOWN',
      message: expect.stringMatching(`^Cannot choose ${kind} 'other': known are `),
    })
    expect(lab.open).toEqual([])
  })

  it.each(['cipher', 'device', 'listen'] as const)(
    'puts back what it made where the %s fails',
    async (part) => {
      const lab = new TunnelLab(new VirtualClock())
      lab.hooks[part] = () => {
        throw new Error(`no ${part}`)
      }
      const config = lab.config('memory://far', 'memory://near')
      await expect(Tunnel.start(lab.container, config, never)).rejects.toThrow(`no ${part}`)
      expect(lab.open).toEqual([])
    },
  )

  it('puts back what it made once no host has been known for 60 s', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    lab.hooks.dial = unknownHost
    const tunnel = await Tunnel.start(lab.container, lab.config('memory://far', 'memory://near'), never)
    await pass(clock, 59_000)
    expect(lab.open).toContain('device')
    await pass(clock, 3_000)
    await expect(tunnel.ended).rejects.toMatchObject({
      code: 'ERR_HOST_UNKNOWN',
      message: 'Cannot resolve x: no such host, for 60 s',
    })
    expect([lab.open, clock.pending]).toEqual([[], 0])
  })

  it('puts back what it made when its wait is over, be it amid the start', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    lab.hooks.dial = gate().hook
    const start = Tunnel.start(lab.container, lab.config('memory://far'), never, { wait: 1_000 })
    const rejected = expect(start).rejects.toThrow('Cannot reach a peer within 1 s: nothing answers')
    await pass(clock, 1_000)
    await rejected
    expect([lab.open, clock.pending]).toEqual([[], 0])
  })

  it('waits 3 s for a server that takes its time, and starts then', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    lab.hooks.dial = gate().hook
    const begun = clock.now()
    const start = Tunnel.start(lab.container, lab.config('memory://far'), never).then((tunnel) => ({
      tunnel,
      after: clock.now() - begun,
    }))
    await pass(clock, 10_000)
    const { tunnel, after } = await start
    expect(after).toBe(3_000)
    await tunnel.close()
    expect([lab.open, clock.pending]).toEqual([[], 0])
  })

  it('tells what it waits for, and that nothing is any more', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    lab.hooks.dial = unknownHost
    const told: (string | undefined)[] = []
    const onWaiting = (text: string | undefined) => void told.push(text)
    const tunnel = await Tunnel.start(lab.container, lab.config('memory://far'), never, { onWaiting })
    expect(told).toEqual(['waiting for memory://far (Cannot resolve x: no such host)'])
    expect(tunnel.status().peers[0]).toMatchObject({ remote: null, why: 'Cannot resolve x: no such host' })
    delete lab.hooks.dial
    await pass(clock, 1_000)
    expect(told.slice(1)).toEqual([undefined])
    lab.hooks.dial = unknownHost
    await pass(clock, 300_000) // a running tunnel never ends for it
    await tunnel.close()
    await tunnel.ended
  })

  it.each(['device', 'listen', 'dial'] as const)(
    'puts all back where it is given up while it waits for the %s',
    async (part) => {
      const clock = new VirtualClock()
      const lab = new TunnelLab(clock)
      const { hook, open } = gate()
      lab.hooks[part] = hook
      const abort = new AbortController()
      const start = Tunnel.start(lab.container, lab.config('memory://far', 'memory://near'), abort.signal)
      const rejected = expect(start).rejects.toThrow('aborted')
      await turns()
      abort.abort()
      await turns()
      open()
      await rejected
      await turns()
      expect([lab.open, clock.pending]).toEqual([[], 0])
    },
  )

  it('does not wait for a name server or a server where it is given up', async () => {
    const lab = new TunnelLab(new VirtualClock())
    lab.hooks.dial = gate().hook
    const abort = new AbortController()
    const start = Tunnel.start(lab.container, lab.config('memory://far'), abort.signal)
    await turns()
    abort.abort()
    await expect(start).rejects.toThrow('aborted')
    expect(lab.open).toEqual([])
  })

  it('makes nothing where it was given up before', async () => {
    const lab = new TunnelLab(new VirtualClock())
    lab.hooks.device = () => expect.unreachable()
    await expect(Tunnel.start(lab.container, lab.config(), AbortSignal.abort())).rejects.toThrow('aborted')
    expect(lab.open).toEqual([])
  })

  it.each(['listen', 'dial'] as const)(
    'puts all back where something fails while it waits for the %s',
    async (part) => {
      const clock = new VirtualClock()
      const lab = new TunnelLab(clock)
      const { hook, open } = gate()
      lab.hooks[part] = hook
      const start = Tunnel.start(lab.container, lab.config('memory://far', 'memory://near'), never)
      const rejected = expect(start).rejects.toThrow('socket gone')
      await turns()
      lab.handlers!.failed(new Error('socket gone'))
      await turns()
      open()
      await rejected
      await turns()
      expect([lab.open, clock.pending]).toEqual([[], 0])
    },
  )

  it('takes a signal for the start only, and leaves nothing on it', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    const abort = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = abort.signal
    abort.signal.addEventListener = (...all: unknown[]) => {
      listeners++
      Reflect.apply(addEventListener, abort.signal, all)
    }
    abort.signal.removeEventListener = (...all: unknown[]) => {
      listeners--
      Reflect.apply(removeEventListener, abort.signal, all)
    }
    const tunnel = await Tunnel.start(lab.container, lab.config('memory://far'), abort.signal)
    expect(listeners).toBe(0)
    abort.abort()
    await turns()
    expect(lab.open).toContain('link')
    await tunnel.close()
    expect(lab.open).toEqual([])
  })
})
