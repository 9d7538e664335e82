// @ts-check
/** The port that NATS servers have for clients unless they are configured otherwise. */
const PORT = 4222
/** Tokens apart by dots, none of them with a meaning of its own to the servers. */
const SUBJECT = /^[\w-]+(\.[\w-]+)*$/
/** Characters of a subject: servers bound the whole line. */
const LONGEST = 128
/** Bytes of chance of which a caller makes its name, and how that looks in base64url. */
export const CALLER_BYTES = 12
export const CALLER = /^[\w-]{16}$/

/**
 * Where an endpoint leads.
 *
 * @typedef {object} Place
 * @property {string} subject
 * @property {string | undefined} caller The caller that it is about; undefined if it is about the one who listens.
 * @property {string} server HOST:PORT
 */

/**
 * Reads an endpoint, `nats://host[:port][/subject]`. What callers are known by, the remote of an accepted link, is one too.
 *
 * @param {URL} endpoint
 * @param {string} usual The subject if the endpoint has none.
 * @returns {Place}
 * @throws {Error} that says what is wrong, and shows no secret.
 */
export function placeOf({ hostname, password, pathname, port, username }, usual) {
  if (username !== '' || password !== '')
    throw new Error('who this end is stands in the options, not in a URL')
  const [, path, caller] = pathname.split('/', 3)
  const subject = path || usual
  if (!SUBJECT.test(subject) || subject.length > LONGEST) {
    throw new Error(`the subject must be letters, digits, dashes and dots, up to ${LONGEST} of them`)
  }
  return { subject, caller, server: withPort(port === '' ? hostname : `${hostname}:${port}`) }
}

/** A server with its port. @param {string} server HOST or HOST:PORT, an IPv6 address in brackets. */
export function withPort(server) {
  return /:\d+$/.test(server) ? server : `${server}:${PORT}`
}

/**
 * The subjects by which a caller and the one who listens reach each other. Those who listen take `up` of all callers.
 *
 * @param {string} subject
 * @param {string} caller
 */
export function subjectsOf(subject, caller) {
  return { up: `${subject}.${caller}.up`, down: `${subject}.${caller}.down` }
}

/** Where the one who listens says so. @param {string} subject */
export function listenerOf(subject) {
  return `${subject}.listener`
}
