/** What stands between an end that dials and the server. */
export const PROXIES = ['direct', 'http', 'https', 'socks5'] as const
export type ProxyKind = (typeof PROXIES)[number]

/** What an endpoint is dialled by; `http` and `https` are both of the transport `http`. */
export const CARRIERS = ['tcp', 'ws', 'wss', 'http', 'https'] as const
export type Carrier = (typeof CARRIERS)[number]

/** What a dial waits for, in the order in which it does. */
export const STAGES = [
  'name',
  'connect',
  'TLS to the proxy',
  'greeting',
  'login',
  'CONNECT',
  'TLS',
  'upgrade',
  'open',
  'handshake',
] as const
export type Stage = (typeof STAGES)[number]

/**
 * What may become of a stage: its answer is not whole in time, though it began, or, if it has no parts, comes at the last moment;
 * nothing comes; it is refused in order; something else comes; a page of HTML does; the connection is cut.
 */
export const KINDS = ['slow', 'silent', 'refused', 'garbage', 'page', 'cut'] as const
export type Kind = (typeof KINDS)[number]

/** A way to an endpoint. */
export interface Way {
  readonly proxy: ProxyKind
  readonly carrier: Carrier
}

/** One stage of a way, of which something becomes. */
export interface Cell extends Way {
  readonly stage: Stage
  readonly kind: Kind
}

export const WAYS: readonly Way[] = PROXIES.flatMap((proxy) =>
  CARRIERS.map((carrier) => ({ proxy, carrier })),
)

/** A cell to be played, or a way on which all goes well. */
export type Script = Cell | (Way & { readonly stage?: undefined; readonly kind?: undefined })

/** Every combination, those that cannot be among them. */
export const CELLS: readonly Cell[] = WAYS.flatMap((way) =>
  STAGES.flatMap((stage) => KINDS.map((kind) => ({ ...way, stage, kind }))),
)

/** Whether a proxy is asked for an endpoint itself and not for a connection. */
export function isAsked({ carrier, proxy }: Way): boolean {
  return carrier === 'http' && (proxy === 'http' || proxy === 'https')
}

/** Whether the proxy is who fails in a cell. */
export function isOfProxy(cell: Cell): boolean {
  if (cell.proxy === 'direct') return false
  return STAGES.indexOf(cell.stage) <= STAGES.indexOf('CONNECT')
}

const ENCRYPTED: readonly Carrier[] = ['wss', 'https']
const WEBSOCKETS: readonly Carrier[] = ['ws', 'wss']
const POSTS: readonly Carrier[] = ['http', 'https']
const STRANGE: readonly Kind[] = ['garbage', 'page', 'cut']

/** Why cells cannot be. */
export const IMPOSSIBLE: readonly (readonly [why: string, is: (cell: Cell) => boolean])[] = [
  [
    'no TLS is spoken to it, or there is no proxy',
    ({ proxy, stage }) => stage === 'TLS to the proxy' && proxy !== 'https',
  ],
  ['SOCKS5 alone begins by a greeting', ({ proxy, stage }) => stage === 'greeting' && proxy !== 'socks5'],
  ['without a proxy nobody asks for a login', ({ proxy, stage }) => stage === 'login' && proxy === 'direct'],
  [
    'without a proxy nobody is asked for a connection',
    ({ proxy, stage }) => stage === 'CONNECT' && proxy === 'direct',
  ],
  [
    'the proxy is asked for the endpoint itself: its answer is that to the post',
    (cell) => cell.stage === 'CONNECT' && isAsked(cell),
  ],
  ['the endpoint has no TLS', ({ carrier, stage }) => stage === 'TLS' && !ENCRYPTED.includes(carrier)],
  ['no WebSocket is asked for', ({ carrier, stage }) => stage === 'upgrade' && !WEBSOCKETS.includes(carrier)],
  ['nothing is posted', ({ carrier, stage }) => stage === 'open' && !POSTS.includes(carrier)],
  [
    'a name server is asked by one message and tells addresses or none: no connection, no page',
    ({ kind, stage }) => stage === 'name' && (kind === 'cut' || kind === 'page'),
  ],
  [
    'a kernel connects, refuses or is silent; what it connected to speaks in the step behind',
    ({ kind, stage }) => stage === 'connect' && STRANGE.includes(kind),
  ],
  [
    'a peer refuses nobody over TCP: whoever has no key gets no answer, and a server of another kind closes',
    ({ carrier, kind, stage }) => stage === 'handshake' && kind === 'refused' && carrier === 'tcp',
  ],
]

/** Why a cell cannot be; more than one reason or none tells that IMPOSSIBLE is wrong. */
export function whyImpossible(cell: Cell): readonly string[] {
  return IMPOSSIBLE.filter(([, is]) => is(cell)).map(([why]) => why)
}

export function isPossible(cell: Cell): boolean {
  return whyImpossible(cell).length === 0
}

/** The stages of a way without a login, in their order. */
export function stagesOf(way: Way): Stage[] {
  return STAGES.filter((stage) => stage !== 'login' && isPossible({ ...way, stage, kind: 'silent' }))
}

export function textOf({ carrier, kind, proxy, stage }: Cell): string {
  return `${stage}, ${kind}: ${carrier}, ${proxy}`
}
