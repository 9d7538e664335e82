import type { LoginLeave } from '../../app/login/login-lease.js'
import { controlError } from '../../control/protocol.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { SEARCH_DOMAIN } from '../../core/settings/client-settings.js'

/** A login page that a tunnel met. */
export interface Page {
  /** Its URL; undefined if the network gave none. */
  readonly url: string | undefined
  /** Host and port that were asked when it answered. */
  readonly host: string
}

type Fields = { readonly [name: string]: unknown } | null | undefined

/** The login page that is in the way, by the status of a tunnel; undefined if none is. */
export function pageIn(status: unknown): Page | undefined {
  const portal = (status as Fields)?.portal as Fields
  if (typeof portal?.host !== 'string' || !URL.canParse(`http://${portal.host}`)) return undefined
  return { host: portal.host, url: typeof portal.url === 'string' ? portal.url : undefined }
}

/** The URL that a browser opens: the page's, or that of any page of HTTP, since the network answers with its own. */
export function addressOf({ host, url }: Page): string {
  return url ?? `http://${new URL(`http://${host}`).hostname}/`
}

/** Addresses within a tunnel, by its status. */
export function innerAddressesIn(status: unknown): string[] {
  const addresses = (status as Fields)?.addresses
  return Array.isArray(addresses) ? addresses.map((text) => String(text).split('/')[0]!) : []
}

/**
 * Reads how a login goes past a tunnel from that one's answer. It may belong to another user, and root acts on what it says.
 *
 * @throws QanatError ERR_CONTROL if it is not an answer to `login`.
 */
export function readLeave(answer: unknown, what: string): LoginLeave {
  const { mark, search, servers } = (answer ?? {}) as Record<keyof LoginLeave, unknown>
  const isMark = Number.isInteger(mark) && (mark as number) > 0 && (mark as number) < 2 ** 32
  if (!isMark || !isTexts(servers) || !isTexts(search) || !servers.every(isAddress))
    throw controlError(`Cannot understand the tunnel of ${what}: its answer is none to 'login'`)
  return { mark: mark as number, servers, search: search.filter((domain) => SEARCH_DOMAIN.test(domain)) }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isAddress(text: string): boolean {
  return parseIpAddress(text) !== undefined
}
