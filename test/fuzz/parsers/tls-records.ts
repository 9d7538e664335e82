import { RecordSplitter } from '../../../src/transports/tls/handoff/record-splitter.js'
import { HandshakeReader } from '../../../src/transports/tls/handshake-reader.js'
import { type Chance, joined } from '../../support/fuzz/chance.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'
import { nativeMissing } from '../../support/native-missing.js'
import { RecordLab } from '../../support/tls/record-lab.js'

/** Content types of records, known ones and others; 0 would be padding. RFC 8446 section 5.1 */
const TYPES = [20, 21, 22, 23, 23, 23, 24, 255]
const DATA = 23
/** A ticket, KeyUpdates, and messages of a handshake that is over. RFC 8446 section 4 */
const MESSAGES = [
  [4, 0, 0, 5, 1, 2, 3, 4, 5],
  [24, 0, 0, 1, 0],
  [24, 0, 0, 1, 1],
  [24, 0, 0, 2, 1, 1],
  [1, 0, 0, 0],
]

/** Our own record layer of TLS: sealed and unsealed bytes of the remote, and what stands before it. */
export const tlsRecords: FuzzParser = {
  name: 'tls-records',
  about: 'records of anybody on the path, and of a remote that has the keys',
  share: 2_000,
  start() {
    const lab = nativeMissing === undefined ? new RecordLab() : undefined
    return {
      round(chance) {
        split(chance)
        readHandshake(chance)
        if (lab !== undefined) openRecords(chance, lab)
      },
    }
  },
}

/** What comes out of the splitter are whole records, in order, and nothing is lost. */
function split(chance: Chance): void {
  const records = chance.some(5, () => record(chance))
  const genuine = joined(...records)
  const isWhole = chance.happens(0.3)
  const stream = isWhole ? genuine : chance.mutate(genuine)
  const splitter = new RecordSplitter()
  const came: Uint8Array[] = []
  let isTls = true
  let taken = 0
  for (const piece of chance.pieces(stream)) {
    taken += piece.length
    const whole = splitter.push(Buffer.from(piece))
    isTls = whole !== undefined
    if (!isTls) break
    came.push(...whole!)
  }
  const all = joined(...came, splitter.takeRest() ?? new Uint8Array())
  const expected = stream.subarray(0, taken)
  if (isTls) expectThat(Buffer.compare(all, expected) === 0, 'bytes are lost or changed')
  if (isWhole) expectThat(isTls && came.length === records.length, 'records are not told apart')
}

function record(chance: Chance): Uint8Array {
  const content = chance.bytes(chance.below(chance.happens(0.95) ? 40 : 2_000))
  return joined(Uint8Array.of(20 + chance.below(4), 3, 3, content.length >> 8, content.length), content)
}

function readHandshake(chance: Chance): void {
  const reader = new HandshakeReader(chance.happens(0.5))
  const content = joined(...chance.some(5, () => Uint8Array.from(chance.pick(MESSAGES))))
  for (const piece of chance.pieces(chance.mutate(content))) {
    const event = reader.read(piece)
    if (event === 'unexpected' || event === 'broken') return
    expectThat(!event.startsWith('key-update') || !reader.isInside, 'a KeyUpdate is inside of a message')
  }
}

/** Sealed records of a remote with the keys, some altered on the way: no more comes out than went in. */
function openRecords(chance: Chance, lab: RecordLab): void {
  const key = lab.key()
  const contents = chance.some(6, () => ({
    type: chance.pick(TYPES),
    content: chance.happens(0.2)
      ? Uint8Array.from(chance.pick(MESSAGES))
      : chance.bytes(chance.below(chance.happens(0.95) ? 40 : 500)),
  }))
  const sealed = contents.map(({ type, content }) => lab.record(key, type, content, chance.below(20)))
  key.erase()
  const altered = chance.happens(0.5)
  const stream = altered ? chance.mutate(joined(...sealed)) : joined(...sealed)
  const receiving = lab.key()
  const reader = lab.readerOf(receiving, chance.happens(0.5))
  const opened = joined(...chance.pieces(stream).map((piece) => lab.open(reader, piece)))
  const sent = joined(...contents.filter(({ type }) => type === DATA).map(({ content }) => content))
  expectThat(opened.length <= sent.length, `${opened.length} bytes came out of ${sent.length}`)
  expectThat(
    Buffer.compare(opened, sent.subarray(0, opened.length)) === 0,
    'what came out is not what went in',
  )
  reader.release()
  receiving.erase()
}
