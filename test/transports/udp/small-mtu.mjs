// Runs in a network namespace of its own, whose loopback has an MTU of 1280 and the address fd00::2: sends
// batches over IPv4 and IPv6, and prints what arrived and from where it was answered.
import { execFileSync } from 'node:child_process'
import { silentLogger } from '../../../dist/src/core/api/logger.js'
import { native } from '../../../dist/src/native/base/native.js'
import { UdpTransport } from '../../../dist/src/transports/udp/udp.js'
import { nativeUdp } from '../../../dist/src/transports/udp/udp-native.js'

const COUNT = 10
const SIZES = [1200, 1400, 3000]
const ENDS = [
  { any: '0.0.0.0', host: '127.0.0.5' },
  { any: '[::]', host: '[fd00::2]' },
]

execFileSync('ip', ['link', 'set', 'lo', 'mtu', '1280', 'up'])
execFileSync('ip', ['address', 'add', 'fd00::2/128', 'dev', 'lo', 'nodad'])

const bind = nativeUdp(native(), silentLogger)
const handlers = {
  drained() {},
  closed() {},
  failed(error) {
    throw error
  },
}
const results = []
for (const { any, host } of ENDS) {
  for (const size of SIZES) results.push({ host, size, ...(await exchange(any, host, size)) })
}
process.stdout.write(JSON.stringify(results))
process.exit()

async function exchange(any, host, size) {
  const arrived = []
  const answers = []
  const far = new UdpTransport({ localPort: 0 }, bind)
  const listener = await far.listen(new URL(`udp://${any}:0`), {
    ...handlers,
    receive(link, datagrams) {
      for (const datagram of datagrams) arrived.push([datagram.length, datagram[0]])
      link.send(datagrams)
    },
  })
  const near = new UdpTransport({ localPort: 0 }, bind)
  const endpoint = new URL(`udp://${host}:${listener.endpoint.port}`)
  const receive = (link, datagrams) => {
    for (const datagram of datagrams) answers.push([datagram.length, link.remote === endpoint.href])
  }
  const link = await near.dial(
    endpoint,
    { ...handlers, receive },
    { signal: new AbortController().signal, step() {} },
  )
  link.send(Array.from({ length: COUNT }, (_, index) => new Uint8Array(size).fill(index)))
  const deadline = performance.now() + 3_000
  while (answers.length < COUNT && performance.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  const whole = link.sendUnfragmented([new Uint8Array(size), new Uint8Array(size)])
  await new Promise((resolve) => setTimeout(resolve, 50))
  const wholeArrived = arrived.splice(COUNT).length
  answers.splice(COUNT)
  await Promise.all([link.close(), listener.close()])
  return { arrived, answers, whole, wholeArrived, drops: link.drops }
}
