import type { Parsed } from '../check/parsed.js'
import { type Dialect, nameShown, type Path, type Problem, unknownKey } from '../check/problems.js'
import { PRIVATE_KEY_CIPHER } from '../schema/default-cipher.js'
import { wgQuickSchema } from '../schema/wg-quick.js'
import { amneziasKeys, isAmnezias } from './amnezia.js'
import { withoutComment } from './comments.js'
import { type HostNames, hostNames } from './host-names.js'
import { ALLOWED, keyNamed, SECTIONS, type Section, WG_QUICK_KEYS, type WgQuickKey } from './keys.js'
import { OpenSection } from './open-section.js'
import { fromText } from './values.js'

/** How a wg-quick file calls things. */
export const wgQuickDialect: Dialect = {
  describe([table, ...rest]) {
    const section = SECTIONS.get(String(table))
    if (section === undefined) return 'the file'
    const [index] = rest
    const where = typeof index === 'number' ? `[${section}] ${index + 1}` : `[${section}]`
    const key = rest.find((step) => typeof step === 'string')
    return key === undefined ? where : `'${keyOf(section, key)?.name ?? key}' in ${where}`
  },
  allowed([table, ...rest]) {
    const key = rest.find((step) => typeof step === 'string')
    const section = SECTIONS.get(String(table))
    const form = section === undefined || key === undefined ? undefined : keyOf(section, key)?.form
    return form === undefined ? undefined : ALLOWED[form]
  },
  keyMayFollow: true,
}

function keyOf(section: Section, key: string): WgQuickKey | undefined {
  return WG_QUICK_KEYS[section].find((known) => known.key === key)
}

/**
 * Reads a wg-quick file's text as wg-quick and wg do: sections, `Key = value`, comments that begin with `#`; case does
 * not matter, and of a key or a peer that is there again the later one counts, which is remarked.
 */
export function readWgQuick(text: string, names: HostNames = hostNames()): Parsed {
  return new Reader(names).read(text)
}

class Reader {
  readonly #names: HostNames
  readonly #problems: Problem[] = []
  readonly #remarks: Problem[] = []
  #interface: OpenSection | undefined
  readonly #peers: OpenSection[] = []
  #open: OpenSection | undefined
  /** False in a section that is unknown, whose keys are not looked at. */
  #known = true
  #line = 0
  /** The first key of AmneziaWG, and how many there are. */
  #amnezia: { readonly name: string; readonly line: number; count: number } | undefined

  constructor(names: HostNames) {
    this.#names = names
  }

  read(text: string): Parsed {
    for (const line of text.split('\n')) {
      this.#line++
      const content = withoutComment(line).trim()
      if (content === '') continue
      const header = /^\[(.*)\]$/.exec(content)
      if (header !== null) this.#header(header[1]!.trim())
      else this.#pair(content)
    }
    if (this.#amnezia !== undefined) {
      const { count, line, name } = this.#amnezia
      this.#problems.push({ line, text: amneziasKeys(name, count) })
    }
    const own = this.#interface
    const peers = this.#distinctPeers()
    const sectionAt = ([table, index]: Path) => (table === 'interface' ? own : peers[Number(index)])
    const within = (path: Path) => path.slice(path[0] === 'interface' ? 1 : 2)
    return {
      schema: wgQuickSchema,
      raw: {
        ...(own !== undefined && { interface: withCipher(own.table) }),
        peer: peers.map(({ table }) => table),
      },
      dialect: wgQuickDialect,
      lineOf: (path) => sectionAt(path)?.lineOf(within(path)),
      textOf: (path) => sectionAt(path)?.textOf(within(path)),
      problems: this.#problems,
      remarks: this.#remarks,
    }
  }

  #header(name: string): void {
    const section = SECTIONS.get(name.toLowerCase())
    this.#known = section !== undefined
    if (section === undefined) {
      this.#complain(`unknown section ${nameShown(name)}; known are [Interface] and [Peer]`)
    } else if (section === 'Peer') {
      this.#open = new OpenSection(section, this.#line)
      this.#peers.push(this.#open)
    } else {
      if (this.#interface !== undefined)
        this.#remark(
          `[Interface] is there twice, and both count; the first is in line ${this.#interface.line}`,
        )
      this.#interface ??= new OpenSection(section, this.#line)
      this.#open = this.#interface
    }
  }

  #pair(content: string): void {
    const at = content.indexOf('=')
    const open = this.#open
    // A line without a key may be a key that was broken into two lines, so it is not shown.
    if (at < 1) this.#complain("the line is neither a [section] nor 'Key = value'")
    else if (open === undefined && this.#known) this.#complain('the line stands before the first [section]')
    else if (open !== undefined && this.#known)
      this.#assign(open, content.slice(0, at).trim(), content.slice(at + 1).trim())
  }

  #assign(open: OpenSection, name: string, value: string): void {
    const key = keyNamed(open.section, name.replace(/\s/g, ''))
    if (key !== undefined) this.#set(open, key, value)
    else if (!isAmnezias(name)) this.#complain(this.#unknown(name, open.section))
    else if (this.#amnezia !== undefined) this.#amnezia.count++
    else this.#amnezia = { name, line: this.#line, count: 1 }
  }

  #set(open: OpenSection, key: WgQuickKey, written: string): void {
    const { form, name, reader } = key
    const isList = form === 'list' || form === 'prefixes'
    if (written === '' && !isList) {
      if (reader === 'wg' || form === 'toggle') this.#complain(`'${name}' has no value`)
      else if (form !== 'lines') open.unset(key) // wg-quick takes that for its default
      return
    }
    const text =
      reader === 'wg' && form !== 'prefixes' && form !== 'words' ? written.replace(/\s/g, '') : written
    const before = open.set(key, fromText(key, text, this.#names), text, this.#line)
    if (before === undefined) return
    this.#remark(
      `'${name}' is given twice in [${open.section}], and this one counts; the first is in line ${before}`,
    )
  }

  /** The peers, each public key once: what later sections say of it counts. */
  #distinctPeers(): readonly OpenSection[] {
    const known = new Map<unknown, OpenSection>()
    return this.#peers.filter((peer) => {
      const key = peer.table['public-key']
      const before = key === undefined ? undefined : known.get(key)
      if (before === undefined) {
        known.set(key, peer)
        return true
      }
      const text = `[Peer] has the public key of that in line ${before.line} again; what it says counts`
      this.#remarks.push({ line: peer.line, text })
      before.takeOver(peer)
      return false
    })
  }

  #unknown(name: string, section: Section): string {
    const other = section === 'Peer' ? 'Interface' : 'Peer'
    const elsewhere = keyNamed(other, name)
    const homes = new Map(elsewhere === undefined ? [] : [[name, `in [${other}]`]])
    return unknownKey(
      name,
      `in [${section}]`,
      WG_QUICK_KEYS[section].map((key) => key.name),
      homes,
    )
  }

  #complain(text: string): void {
    this.#problems.push({ line: this.#line, text })
  }

  #remark(text: string): void {
    this.#remarks.push({ line: this.#line, text })
  }
}

/** Without a private key the cipher is WireGuard's all the same: the key follows. */
function withCipher(own: Record<string, unknown>): Record<string, unknown> {
  return own['private-key'] === undefined ? { ...own, cipher: PRIVATE_KEY_CIPHER } : own
}
