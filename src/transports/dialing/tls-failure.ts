import { asError } from '../../core/api/errors.js'
import { Failure, failure } from '../../core/reasons/reason.js'
import { printable } from '../net/printable.js'
import { type Alert, alertIn } from '../tls/alerts.js'
import { certificateRefusal } from './certificate-refusal.js'

/** Alerts about what both ends have in common: a version, a cipher, a way to sign. */
const NOTHING_IN_COMMON: readonly number[] = [40, 47, 70, 71, 86, 109]
/** Alerts about a certificate of this end. */
const ABOUT_CERTIFICATE: readonly number[] = [42, 43, 44, 45, 46, 48, 49]
/** What OpenSSL says of a first record that is none of TLS. */
const NO_TLS = /wrong version number|packet length too long|http request|unexpected eof while reading header/
/** How Node begins the codes of certificates that OpenSSL or itself refuses. */
const CERTIFICATE_CODE =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/

/** Why a TLS handshake failed. */
export function tlsFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const error = asError(thrown) as NodeJS.ErrnoException & { reason?: string }
  const { code = '', message, reason } = error
  const alert = alertIn(error)
  if (alert !== undefined) return ofAlert(alert).by(thrown)
  if (NO_TLS.test(message)) return failure('tls-plain').by(thrown)
  if (CERTIFICATE_CODE.test(code))
    return certificateRefusal({ code, names: reason, now: Date.now() }).by(thrown)
  if (code === 'ECONNRESET') return failure('tls-closed').by(thrown)
  return failure('tls-failed', { why: printable(message) }).by(thrown)
}

/** Why a server ended TLS, by what it said; also after the handshake, when it has seen this end's certificate. */
export function alertFailure(thrown: unknown): Failure | undefined {
  const alert = alertIn(asError(thrown))
  return alert && ofAlert(alert).by(thrown)
}

function ofAlert({ name, number }: Alert): Failure {
  if (number === 112) return failure('tls-name-unknown')
  if (number === 116) return failure('tls-certificate-wanted')
  if (number === 120) return failure('tls-no-http')
  if (NOTHING_IN_COMMON.includes(number)) return failure('tls-nothing-in-common', { alert: name })
  if (ABOUT_CERTIFICATE.includes(number)) return failure('tls-certificate-refused', { alert: name })
  return failure('tls-alert', { alert: name })
}
