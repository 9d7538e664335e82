/** The secrets of a connection's both directions after the handshake. RFC 8446 section 7.1 */
export interface TrafficSecrets {
  client?: Uint8Array
  server?: Uint8Array
}

/** A line of a key log: a label, the client's random and a secret, both in hex. RFC 9850 section 2 */
export interface KeyLogLine {
  readonly label: string
  /** In hex. */
  readonly random: string
  /** The caller's own. */
  readonly secret: Uint8Array
}

const [SPACE, NEWLINE, NINE, LOWER] = [0x20, 0x0a, 0x39, 0x20]

/** Reads a line from Node, and overwrites it: it holds a secret. */
export function readKeyLogLine(line: Buffer): KeyLogLine | undefined {
  const first = line.indexOf(SPACE)
  const second = line.indexOf(SPACE, first + 1)
  const end = line[line.length - 1] === NEWLINE ? line.length - 1 : line.length
  if (first < 0 || second < 0) return undefined
  const label = line.toString('latin1', 0, first)
  const random = line.toString('latin1', first + 1, second)
  const secret = new Uint8Array((end - second - 1) >>> 1)
  for (let at = 0; at < secret.length; at++) {
    const digits = second + 1 + 2 * at
    secret[at] = (digit(line[digits]!) << 4) | digit(line[digits + 1]!)
  }
  line.fill(0)
  return { label, random, secret }
}

/** Keeps the secrets that a line adds, and overwrites any other. */
export function keepSecret(secrets: TrafficSecrets, { label, secret }: KeyLogLine): void {
  if (label === 'CLIENT_TRAFFIC_SECRET_0') secrets.client = secret
  else if (label === 'SERVER_TRAFFIC_SECRET_0') secrets.server = secret
  else secret.fill(0)
}

/** The value of a digit in hex; without a string, which could not be overwritten. */
function digit(code: number): number {
  return code <= NINE ? code - 0x30 : (code | LOWER) - 0x61 + 10
}
