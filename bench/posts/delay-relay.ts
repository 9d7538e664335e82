import net from 'node:net'

/*
 * node dist/bench/posts/delay-relay.js LISTEN_HOST LISTEN_PORT HOST PORT MILLISECONDS
 *
 * Passes connections on, each byte so many milliseconds later, either way: a long path, for kernels without netem.
 */

const [listenHost, listenPort, host, port, delay] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]

const server = net.createServer({ noDelay: true }, (client) => {
  const onward = net.connect({ host, port: Number(port), noDelay: true })
  pass(client, onward)
  pass(onward, client)
})
server.listen({ host: listenHost, port: Number(listenPort) }, () => process.stdout.write('listening\n'))

function pass(from: net.Socket, to: net.Socket): void {
  const later = (work: () => void) => setTimeout(work, Number(delay))
  from.on('data', (bytes) => later(() => to.write(bytes)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => {}) // closing follows
  from.on('close', () => later(() => to.destroy()))
}
