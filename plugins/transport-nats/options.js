// @ts-check
export const options = /** @type {const} */ ({
  subject: { type: 'string', default: 'qanat', help: 'The subject of endpoints without a path' },
  servers: {
    type: 'list',
    in: ['file', 'endpoint'],
    default: [],
    help: 'The other servers of the cluster, HOST or HOST:PORT: one of them takes over if that of the endpoint is lost',
  },
  user: { type: 'string', help: 'Who this end is to the servers' },
  password: { type: 'secret', help: 'The password of the user' },
  token: { type: 'secret', help: 'What the servers ask for in place of a user' },
  credentials: { type: 'secret', help: 'A JWT and its seed, as nsc writes them into a file' },
  tls: {
    type: 'toggle',
    in: ['file', 'endpoint'],
    default: false,
    help: 'Whether servers without TLS are refused',
  },
  ca: { type: 'path', help: "PEM of the authorities that servers' certificates are checked against" },
  certificate: { type: 'path', help: 'PEM of the certificate that this end shows' },
  key: { type: 'path', help: "PEM of the certificate's private key" },
  pingEvery: {
    type: 'duration',
    in: ['file', 'endpoint'],
    min: 100,
    max: 60_000,
    default: 1_000,
    help: 'How often the server is asked whether it lives; two questions without an answer, and the next one takes over',
  },
})
