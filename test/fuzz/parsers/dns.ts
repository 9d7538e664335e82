import { decodeAnswer, encodeQuestion } from '../../../src/transports/dns/dns-message.js'
import { parseHosts } from '../../../src/transports/dns/hosts-file.js'
import { parseResolvConf } from '../../../src/transports/dns/name-servers.js'
import { answer, answerTo } from '../../support/dns/answers.js'
import type { Chance } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'

const NAMES = ['vpn.example.org', 'a', 'xn--mnchen-3ya.example', 'a.b.c.d.e.f.g']
/** Labels that point to others: to themselves, to the question, to the header, past the end. RFC 1035 section 4.1.4 */
const POINTERS = [0xc0, 0xc00c, 0xc000, 0xffff, 0xc00e]
const WORDS = [
  'nameserver ',
  'search ',
  '192.0.2.1',
  '2001:db8::1',
  'fe80::1%eth0',
  '\n',
  '#',
  '\t',
  'vpn',
  '::',
]

/** Answers of name servers, and the host's own files. */
export const dns: FuzzParser = {
  name: 'dns',
  about: 'answers of name servers, which anybody on the path can forge, and resolv.conf and hosts',
  share: 3_000,
  start: () => ({ round }),
}

function round(chance: Chance): void {
  const name = chance.pick(NAMES)
  const family = chance.pick([4, 6] as const)
  const id = chance.below(0x1_0000)
  const asked = encodeQuestion({ id, name, family })!
  const genuine = chance.happens(0.5)
    ? answerTo(asked, { [name]: ['192.0.2.1', '2001:db8::1', '192.0.2.2'] }, chance.happens(0.2))
    : answer(
        asked,
        chance.below(16),
        chance.some(6, () => record(chance)),
        chance.happens(0.2),
      )
  const message = chance.happens(0.2) ? genuine : chance.mutate(genuine)
  const drops = { malformed: 0, unrelated: 0 }
  const read = decodeAnswer(message, { id, name, family }, drops)
  expectThat((read === undefined) === (drops.malformed + drops.unrelated === 1), 'a drop is not counted')
  for (const { length } of read?.addresses ?? [])
    expectThat(length === (family === 4 ? 4 : 16), `${length} bytes`)
  const text = chance.mutateText('nameserver 192.0.2.1\nsearch example.org\n', WORDS)
  const { servers, search } = parseResolvConf(text)
  expectThat(servers.length <= 3 && search.length <= 6, 'more than the C library takes')
  for (const { address } of parseHosts(chance.mutateText('192.0.2.1 vpn www # x\n', WORDS), 'vpn')) {
    expectThat(/^[\d.:a-f%\w]+$/i.test(address), `'${address}' is no address`)
  }
}

/** A record of any kind whose name and data may point anywhere. */
function record(chance: Chance): Uint8Array {
  const name = chance.happens(0.5) ? pointer(chance) : [1, 0x61 + chance.below(4), 0]
  const data = chance.happens(0.4) ? pointer(chance) : [...chance.bytes(chance.pick([0, 1, 4, 16, 40]))]
  const length = chance.happens(0.9) ? data.length : chance.below(0x1_0000)
  const type = chance.pick([1, 5, 28, 2, 6, 12, 15, 16, 33, 41, 43, 46, 50, 257, 65_535])
  return Uint8Array.of(...name, type >> 8, type, 0, 1, 0, 0, 0, 60, length >> 8, length, ...data)
}

function pointer(chance: Chance): number[] {
  const target = chance.happens(0.5) ? chance.pick(POINTERS) : 0xc000 | chance.below(120)
  return [target >> 8, target & 0xff]
}
