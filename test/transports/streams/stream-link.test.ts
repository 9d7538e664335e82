import { duplexPair, PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { streamLink } from '../../../src/transports/streams/stream-link.js'
import { turns } from '../../support/eventually.js'

describe('streamLink', () => {
  it('opens no datagram before its last byte, however the stream is cut', async () => {
    const datagrams = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 6 })
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(datagrams, cuts, async (sent, lengths) => {
        const { far, received } = start()
        const bytes = Buffer.concat(sent.flatMap((datagram) => [Buffer.of(0, datagram.length), datagram]))
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const length = lengths[turn % lengths.length]!
          far.write(bytes.subarray(at, at + length))
          at += length
        }
        await turns()
        expect(received.arrivals.map((arrival) => [...arrival.bytes])).toEqual(
          sent.map((datagram) => [...datagram]),
        )
      }),
    )
  })

  it('ends without an error at a length of 0, ignoring what follows', async () => {
    const { far, received, link } = start()
    far.write(Uint8Array.of(0, 1, 7, 0, 0, 0, 1, 8))
    await turns()
    expect(received.marks).toEqual([7])
    expect(received.ends).toEqual([{ link, error: undefined }])
  })

  it('closes with a length of 0', async () => {
    const { far, link } = start()
    const chunks: Uint8Array[] = []
    far.on('data', (chunk) => chunks.push(chunk))
    link.send([Uint8Array.of(7)])
    await turns()
    await link.close()
    await turns()
    expect(Buffer.concat(chunks)).toEqual(Buffer.of(0, 1, 7, 0, 0))
  })

  it('tells why the stream failed', async () => {
    const { near, received, link } = start()
    const failure = new Error('reset')
    near.destroy(failure)
    await turns()
    expect(received.ends).toMatchObject([
      { link, error: { message: 'Cannot keep pair://far: reset', cause: failure } },
    ])
  })

  it('leaves what it gave to a stream alone, also where nothing waits in it', async () => {
    const { far, link } = start()
    const chunks: Uint8Array[] = []
    far.on('data', (chunk) => chunks.push(chunk))
    for (const seed of [1, 2, 3]) link.send([Uint8Array.of(seed)])
    await turns()
    expect(Buffer.concat(chunks)).toEqual(Buffer.of(0, 1, 1, 0, 1, 2, 0, 1, 3))
  })

  it('tells who is at the far end', () => {
    const source = Uint8Array.of(192, 0, 2, 1)
    const link = streamLink(new PassThrough(), { remote: 'tcp://192.0.2.1:1', source }, new Recorder())
    expect(link).toMatchObject({ remote: 'tcp://192.0.2.1:1', source, stream: true, maxDatagram: 65_535 })
  })
})

function start() {
  const [near, far] = duplexPair()
  const received = new Recorder()
  const link = streamLink(near, { remote: 'pair://far' }, received)
  return { near, far, received, link }
}

/** Lets the streams do what they put off. */
