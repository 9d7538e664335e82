import { isIP } from 'node:net'
import { isEchoOf } from '../../core/api/redact.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { type PortalReason, reason } from '../../core/reasons/reason.js'
import { printable } from '../net/printable.js'

/** RFC 6585 section 6 */
const NETWORK_AUTHENTICATION_REQUIRED = 511
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308])
/** The media types of web pages. */
const WEB_PAGE = /^\s*(text\/html|application\/xhtml\+xml)\b/i
/** Characters of the address of a login page; a longer one is not told. */
const LONGEST_PAGE = 2_048

/** An answer that came in place of the one that was wanted. */
export interface OddAnswer {
  readonly statusCode?: number | undefined
  readonly headers: { readonly location?: string | undefined; readonly 'content-type'?: string | undefined }
}

/** What was asked. */
export interface Question {
  /** In words, such as `the upgrade`. */
  readonly asked: string
  readonly url: URL
  /** Whose secrets the request bore besides those of `url`. */
  readonly others?: readonly URL[]
  /** Whether a certificate proved who answers: nobody in between then, unless they say so. */
  readonly isProven: boolean
}

/**
 * What a login page shows itself by that answers in place of the server: a redirect to another host, a web page, or the status
 * that is made for it. Undefined if the answer is none of these. Nothing that it says is followed.
 */
export function loginPageIn(
  { headers, statusCode = 0 }: OddAnswer,
  question: Question,
): PortalReason | undefined {
  const { asked, isProven } = question
  if (statusCode === NETWORK_AUTHENTICATION_REQUIRED) return reason('portal-status', { asked })
  if (isProven) return undefined
  if (REDIRECTS.has(statusCode)) return redirect(headers.location, question)
  const isPage = statusCode >= 200 && statusCode < 300 && isWebPage(headers['content-type'])
  return isPage ? reason('portal-page', { asked }) : undefined
}

/** Whether a Content-Type is that of a web page. */
export function isWebPage(contentType = ''): boolean {
  return WEB_PAGE.test(contentType)
}

/** A server that sends visitors on to itself, or to a name beside its own, is no login page. */
function redirect(
  location: string | undefined,
  { asked, others = [], url }: Question,
): PortalReason | undefined {
  const there = pageAt(location, url)
  if (there === undefined) return reason('portal-redirect', { asked, host: 'no web page' })
  if (isOneSite(bareHost(there.hostname), bareHost(url.hostname))) return undefined
  const told = [url, ...others]
  const isTold = there.href.length <= LONGEST_PAGE && !told.some((one) => isEchoOf(there.href, one))
  const host = told.reduce((text, one) => printable(text, one), there.host)
  return {
    ...reason('portal-redirect', { asked, host }),
    ...(isTold && { page: there.href }),
  }
}

/** The web page that a header Location names, without a user and a password; it is printable ASCII as any URL is. */
function pageAt(location: string | undefined, { host, pathname }: URL): URL | undefined {
  const asked = `http://${host}${pathname}`
  if (location === undefined || !URL.canParse(location, asked)) return undefined
  const page = new URL(location, asked)
  if (page.protocol !== 'http:' && page.protocol !== 'https:') return undefined
  page.username = ''
  page.password = ''
  return page
}

function isOneSite(one: string, other: string): boolean {
  if (one === other) return true
  return isIP(one) === 0 && isIP(other) === 0 && (one.endsWith(`.${other}`) || other.endsWith(`.${one}`))
}
