import type { DefineCase } from '../kit/case.js'
import { expect, expectRejected } from '../kit/expect.js'
import { handles, openedSince } from '../kit/handles.js'
import type { TransportLab } from './transport-lab.js'

/** Tests of what every transport does when it is asked for a link or a listener. */
export function testOpening(test: DefineCase<TransportLab>): void {
  test(
    'tells the endpoint that it listens on',
    "A listener's endpoint says where it can be dialled.",
    async (lab) => {
      const { endpoint } = await lab.listen()
      expect(URL.canParse(endpoint.href)).toBe(true)
      expect(endpoint.port).notToBe('0')
    },
  )

  test(
    'refuses to listen where another listens',
    'Where another listens, `listen` rejects with a TransportError ERR_TRANSPORT_LISTEN.',
    async (lab) => {
      const { endpoint } = await lab.listen()
      await expectRejected(lab.listenBeside(endpoint), {
        name: 'TransportError',
        code: 'ERR_TRANSPORT_LISTEN',
      })
      await lab.connect(9)
      expect(lab.received.marks).toEqual([9])
    },
  )

  test(
    'does not dial once the signal is aborted',
    'An aborted signal makes `dial` reject with a TransportError ERR_TRANSPORT_DIAL.',
    async (lab) => {
      await lab.listen()
      await expectRejected(lab.dial({ signal: AbortSignal.abort() }), {
        name: 'TransportError',
        code: 'ERR_TRANSPORT_DIAL',
      })
      await lab.quiet()
      expect(lab.received.arrivals).toEqual([])
    },
  )
}

/** Steps of a dial at which it is called off. */
const MOST_STEPS = 16

/** Tests of what every transport does with the signal and the steps of a dial. */
export function testSteps(test: DefineCase<TransportLab>): void {
  test(
    'gives up dialling at each step that it names',
    '`dial` takes `{ signal, step }`: it gives each step a name and, if it likes, a limit in milliseconds, and rejects if the signal is aborted at any of them.',
    async (lab) => {
      await lab.listen()
      const steps: { readonly name: unknown; readonly limit: unknown }[] = []
      await lab.dial({ step: (name, limit) => void steps.push({ name, limit }) })
      for (const { name, limit } of steps) {
        expect(typeof name === 'string' && /\S/.test(name), 'whether a step is named by a word').toBe(true)
        expect(limit === undefined || Number(limit) > 0, `whether the limit of '${name}' is above 0`).toBe(
          true,
        )
      }
      for (const at of steps.slice(0, MOST_STEPS).keys()) {
        const controller = new AbortController()
        let before = at
        const step = () => {
          if (before-- === 0) controller.abort()
        }
        await expectRejected(lab.dial({ signal: controller.signal, step }), {
          name: 'TransportError',
          code: 'ERR_TRANSPORT_DIAL',
        })
      }
      await lab.connect(3)
      expect(lab.received.marks).toEqual([3])
    },
  )
}

/** Tests of what every transport does when it closes. */
export function testClosing(test: DefineCase<TransportLab>): void {
  test('sends nothing after close', 'After `close`, `send` does nothing.', async (lab) => {
    await lab.listen()
    const { link, received } = await lab.connect(1)
    await lab.settled(link.close())
    link.send([Uint8Array.of(66)])
    await lab.connect(2)
    await lab.quiet()
    expect(lab.received.marks).toEqual([1, 2])
    expect(received.drains).toEqual([])
  })

  test('hears nothing after close', 'After `close`, no handler is called.', async (lab) => {
    await lab.listen()
    const { link, received, far } = await lab.connect()
    far.send([Uint8Array.of(1)])
    await lab.settled(link.close())
    const before = received.arrivals.length
    far.send([Uint8Array.of(2)])
    await lab.quiet()
    expect(received.arrivals.length).toBe(before)
    expect(lab.received.failures).toEqual([])
  })

  test(
    'closes as often as it is told to, and does not report its own close',
    '`close` may be called again, and `closed` is not called for it.',
    async (lab) => {
      await lab.listen()
      const { link, received, far } = await lab.connect()
      await lab.settled(Promise.all([link.close(), link.close()]))
      await lab.settled(link.close())
      await lab.settled(far.close())
      await lab.settled(lab.listener.close())
      await lab.settled(lab.listener.close())
      await lab.quiet()
      expect(received.ends).toEqual([])
    },
  )

  test(
    'can listen again where it has closed',
    'Once `close` resolves, its endpoint is free.',
    async (lab) => {
      const { endpoint } = await lab.listen()
      await lab.connect(1)
      await lab.settled(lab.listener.close())
      await lab.listen(endpoint)
      await lab.connect(2)
      expect(lab.received.marks).toEqual([1, 2])
    },
  )

  test('leaves no handle behind', 'What is closed keeps no process alive.', async (lab) => {
    const before = handles()
    await lab.listen()
    const { far } = await lab.connect()
    await lab.connect()
    await lab.settled(far.close())
    await lab.close()
    await lab.until('every handle is gone', () => openedSince(before).length === 0)
  })
}

/** Tests of what dialling does if there are no connections. */
export function testSilentDialling(test: DefineCase<TransportLab>): void {
  test(
    'dials nobody in silence, and reaches them once they listen',
    'Without connections, `dial` does not tell whether anybody is there.',
    async (lab) => {
      const { endpoint } = await lab.listen()
      await lab.settled(lab.listener.close())
      const { link, received } = await lab.dial()
      for (const mark of [1, 2]) {
        link.send([Uint8Array.of(mark)])
        await lab.quiet()
      }
      expect(received.ends).toEqual([])
      expect(received.failures).toEqual([])
      await lab.listen(endpoint)
      link.send([Uint8Array.of(3)])
      await lab.until('the datagram arrives', () => lab.received.arrivals.length === 1)
      expect(lab.received.marks).toEqual([3])
    },
  )
}
