import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { orSkipped } from '../../support/native-missing.js'
import { readMessages } from '../../support/udp/sent-messages.js'
import { bindNative, nativeMissing } from '../../support/udp/udp-backends.js'
import { openUnknownSource } from '../../support/udp/udp-lab.js'

const { EINVAL } = constants.errno

describe.skipIf(nativeMissing)(orSkipped('the local address of the native UDP socket', nativeMissing), () => {
  it('is, in answers, the one that the remote sent to', async () => {
    const recorder = new Recorder()
    const socket = await bindNative()(4, '0.0.0.0', 0)
    afterTest(socket.users.listen(recorder))
    const remote = await openUnknownSource()
    const sources: string[] = []
    remote.on('message', (_datagram, from) => sources.push(from.address))
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.2']) {
      const before = recorder.arrivals.length
      remote.send('?', socket.port, address)
      await eventually(
        'it is asked',
        () => recorder.arrivals.length,
        (count) => count > before,
      )
      recorder.arrivals.at(-1)!.link.send([Uint8Array.of(1), Uint8Array.of(2)])
      await eventually('it is answered', () => sources.length, 2)
      expect(sources.splice(0)).toEqual([address, address])
    }
    expect(new Set(recorder.arrivals.map(({ link }) => link)).size).toBe(2)
    expect(new Set(recorder.arrivals.map(({ link }) => link.remote)).size).toBe(1)
  })

  it('is for the kernel to choose once the host no longer has the one in use', async () => {
    const recorder = new Recorder()
    const chosen: boolean[] = []
    const socket = await bindNative({ sockets: { ...native().sockets, sendmmsg } })(4, '0.0.0.0', 0)
    afterTest(socket.users.listen(recorder))
    const remote = await openUnknownSource()
    const answers: number[] = []
    remote.on('message', (datagram) => answers.push(datagram[0]!))
    remote.send('?', socket.port, '127.0.0.2')
    await eventually(
      'it is asked',
      () => recorder.arrivals.length,
      (count) => count > 0,
    )
    const { link } = recorder.arrivals[0]!
    link.send([Uint8Array.of(1)])
    link.send([Uint8Array.of(2), Uint8Array.of(3)])
    await eventually('all answers arrive', () => answers.length, 3)
    expect(answers).toEqual([1, 2, 3])
    expect(chosen).toEqual([true, true, false, false])
    expect(link.drops).toMatchObject({ unsent: 0 })

    function sendmmsg(fd: number, address: number, count: number): number {
      const [first] = readMessages(native().arena, address, 1)
      chosen.push(first!.local !== undefined)
      return first!.local === undefined ? native().sockets.sendmmsg(fd, address, count) : -EINVAL
    }
  })
})
