import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { Content } from './content.js'
import { type CopyReceipt, FAR_PORT } from './far-program.js'
import { COPY_LIMIT, COPY_TIME, type Measurement, measureRoundTrip } from './measurement.js'

const CHUNK_BYTES = 1 << 20

/** Pings the far program at an address and copies data to it. */
export async function measure(address: string): Promise<Measurement> {
  const roundTrip = await pingAll(address)
  return { ...roundTrip, ...(await copy(address)) }
}

async function pingAll(address: string) {
  const socket = createSocket('udp4')
  const question = Buffer.alloc(8)
  let number = 0
  try {
    return await measureRoundTrip(async (patience) => {
      question.writeUInt32BE(++number)
      socket.send(question, FAR_PORT, address)
      return answered(number, patience)
    })
  } finally {
    socket.close()
  }

  /** Whether the answer of that number comes in time; late ones to earlier questions do not count. */
  function answered(expected: number, patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean) => {
        clearTimeout(timer)
        socket.off('message', listener)
        resolve(came)
      }
      const listener = (answer: Buffer) => {
        if (answer.length >= 4 && answer.readUInt32BE() === expected) done(true)
      }
      const timer = setTimeout(() => done(false), patience)
      socket.on('message', listener)
    })
  }
}

async function copy(address: string) {
  const content = new Content(CHUNK_BYTES)
  const socket = connect({ host: address, port: FAR_PORT, allowHalfOpen: true })
  await once(socket, 'connect')
  const receipt = text(socket)
  const deadline = performance.now() + COPY_TIME
  let chunks = 0
  while (performance.now() < deadline && chunks * CHUNK_BYTES < COPY_LIMIT) {
    if (!socket.write(content.chunk(chunks++))) await once(socket, 'drain')
  }
  socket.end()
  const { bytes, seconds, hash } = JSON.parse(await receipt) as CopyReceipt
  return { copiedBytes: bytes, copySeconds: seconds, hashEqual: hash === content.hash(chunks) }
}
