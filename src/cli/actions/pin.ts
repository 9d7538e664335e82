import { existsSync, readFileSync } from 'node:fs'
import { nameOf } from '../../config/certificates/certificates.js'
import { pinOf, pinOfFile } from '../../config/certificates/pin.js'
import { escapedText } from '../../control/protocol.js'
import { asError, ConfigError, TransportError } from '../../core/api/errors.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { askRun } from '../run/ask-run.js'
import { findRuns } from '../run/find-runs.js'
import { readStatus } from '../status/read-status.js'

/** Prints the pin of a file's certificate or key, or of the server at a host, and what it is worth. */
export async function pin(what: string): Promise<number> {
  if (!existsSync(what)) return pinOfHost(what)
  try {
    print(`${pinOfFile(readFileSync(what), what)}\n`)
  } catch (thrown) {
    throw new ConfigError(`Cannot tell a pin: ${asError(thrown).message}`, { code: 'ERR_CONFIG_VALUE' })
  }
  return EXIT_OK
}

async function pinOfHost(what: string): Promise<number> {
  const endpoint = endpointOf(what)
  const { seenCertificate } = await import('../../transports/dialing/seen-certificate.js')
  const { certificate, refusal, suspicion } = await seenCertificate(endpoint, process.env)
  const { issuer, publicKey, subject, validTo } = certificate
  const { host } = endpoint
  const inBetween = refusal && (suspicion ?? (await portalSeen()))
  if (inBetween !== undefined) throw notToPaste(host, inBetween)
  print(`${pinOf(publicKey)}\n`)
  remark(`${host} shows '${nameOf(subject)}', signed by '${nameOf(issuer)}', valid until ${validTo}`)
  remark(
    refusal === undefined
      ? 'its chain verifies: it leads to an authority that is trusted here, and the name is right, so that clients need no pin'
      : `its chain does not verify: ${refusal}`,
  )
  remark(
    'this came over this network, and whoever is in between can show a certificate of his own: compare with "qanat pin FILE" on the server',
  )
  return EXIT_OK
}

/** What a tunnel of this host says is in its way; undefined if none says so. */
async function portalSeen(): Promise<string | undefined> {
  for (const run of findRuns()) {
    const asked = askRun(run, run.file, 'status').then((answer) => readStatus(answer, run))
    const status = await asked.catch(() => undefined)
    if (status?.portal) return `a login page is in the way of the tunnel of ${escapedText(run.file)}`
  }
  return undefined
}

/** A pin of somebody in between is in no line, since it would be pasted. */
function notToPaste(host: string, why: string): TransportError {
  return new TransportError(
    `Cannot tell the pin of ${host} by this network: ${why}; on the server, "qanat pin FILE" tells it`,
    { code: 'ERR_TRANSPORT_DIAL' },
  )
}

function endpointOf(what: string): URL {
  const text = /^\w+:\/\//.test(what) ? what.replace(/^\w+:/, 'wss:') : `wss://${what}`
  try {
    const endpoint = new URL(text)
    if (endpoint.hostname !== '') return endpoint
  } catch {
    // told below
  }
  throw new ConfigError(
    `Cannot tell the pin of '${what}': there is no such file, and it is no HOST or HOST:PORT`,
    {
      code: 'ERR_CONFIG_VALUE',
    },
  )
}
