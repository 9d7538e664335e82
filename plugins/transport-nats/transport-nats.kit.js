// @ts-check
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NatsServers } from './nats-servers.js'
import { subjectsOf } from './place.js'

const SUBJECT = 'conformance'
/** A name that a caller may give itself. */
const STRANGER = 'a-stranger-00000'
/** A certificate that is its own authority, for the loopback. */
const CERTIFICATE = [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
  ...['-subj', '/CN=Qanat test', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ...['-keyout', 'key.pem', '-out', 'cert.pem'],
]
/** The server offers TLS, and takes those who want none. */
const OFFERS_TLS = 'tls { cert_file: "cert.pem", key_file: "key.pem" }\nallow_non_tls: true\n'

/** @type {import('qanat/testing').Kit} */
export default {
  transports: {
    nats: {
      stream: false,
      async setup() {
        const folder = mkdtempSync(join(tmpdir(), 'qanat-nats-'))
        execFileSync('openssl', CERTIFICATE, { cwd: folder, stdio: 'pipe' })
        writeFileSync(join(folder, 'server.conf'), OFFERS_TLS.replaceAll(/\w+\.pem/g, `${folder}/$&`))
        const servers = await NatsServers.start(1, '-c', join(folder, 'server.conf'))
        const end = { options: { ca: join(folder, 'cert.pem') } }
        return {
          near: end,
          far: end,
          endpoint: new URL(`nats://${servers.hosts[0]}/${SUBJECT}`),
          rawWire: (bytes) => publish(Number(servers.ports[0]), bytes),
          async dispose() {
            await servers.stop()
            rmSync(folder, { recursive: true })
          },
        }
      },
    },
  },
}

/**
 * Publishes messages as a caller would, by the protocol that docs.nats.io calls the client protocol.
 *
 * @param {number} port
 * @param {readonly Uint8Array[]} messages
 */
async function publish(port, messages) {
  const socket = connect({ host: '127.0.0.1', port })
  const closed = new Promise((resolve, reject) => socket.on('error', reject).once('close', resolve))
  socket.write('CONNECT {"verbose":false}\r\n')
  for (const message of messages) {
    socket.write(`PUB ${subjectsOf(SUBJECT, STRANGER).up} ${message.length}\r\n`)
    socket.write(message)
    socket.write('\r\n')
  }
  socket.write('PING\r\n')
  socket.on('data', (text) => text.includes('PONG') && socket.end())
  await closed
}
