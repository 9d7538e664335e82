/** Characters of a line of JSON: of the longest message and the longest field, and as much again. */
export const MOST_JSON = 32_000
/** What is kept if a line is too long, less at each turn: members of a list or an object, and characters of a text. */
const KEPT = [
  { members: 256, characters: 8_192 },
  { members: 64, characters: 1_024 },
  { members: 8, characters: 128 },
] as const

type Kept = (typeof KEPT)[number]

/** What is left of a line whose fields cannot be shortened so far: what each line has. */
const BARE: ReadonlySet<string> = new Set(['level', 'time', 'event', 'message', 'code', 'step'])

/** An event as an object of JSON that is not too long: of lists, objects and texts the begin, and how much more there was. */
export function boundedJson(json: string): string {
  if (json.length <= MOST_JSON) return json
  const event = JSON.parse(json) as Readonly<Record<string, unknown>>
  for (const kept of KEPT) {
    const text = JSON.stringify(shortened(event, kept))
    if (text.length <= MOST_JSON) return text
  }
  const bare = Object.fromEntries(Object.entries(event).filter(([name]) => BARE.has(name)))
  return JSON.stringify(shortened(bare, KEPT.at(-1)!))
}

function shortened(value: unknown, kept: Kept): unknown {
  if (typeof value === 'string') {
    return value.length > kept.characters ? `${value.slice(0, kept.characters)}…` : value
  }
  if (typeof value !== 'object' || value === null) return value
  const all = Object.entries(value)
  const members = all.slice(0, kept.members).map(([name, member]) => [name, shortened(member, kept)] as const)
  const more = all.length > kept.members ? `${all.length - kept.members} more` : undefined
  if (!Array.isArray(value))
    return { ...Object.fromEntries(members), ...(more !== undefined && { '…': more }) }
  const list = members.map(([, member]) => member)
  return more === undefined ? list : [...list, `… ${more}`]
}
