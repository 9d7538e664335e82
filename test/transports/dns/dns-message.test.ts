import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ANSWER } from '../../../src/transports/dns/ask-over-tcp.js'
import { decodeAnswer, encodeQuestion, type Question } from '../../../src/transports/dns/dns-message.js'
import { answer, answerTo } from '../../support/dns/answers.js'

const QUESTION: Question = { id: 0xbeef, name: 'vpn.example.org', family: 4 }
const asked = encodeQuestion(QUESTION)!
/** A CNAME of the name that was asked for, which leads to `www` in the same domain; and its address. */
const ALIAS = Uint8Array.of(0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6, 3, 0x77, 0x77, 0x77, 0xc0, 16)
const ADDRESS_OF_ALIAS = Uint8Array.of(0xc0, asked.length + 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9)

/** Type, class, time to live, length and data of a record with an address. */
const RECORD = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9]

function noDrops() {
  return { malformed: 0, unrelated: 0 }
}

describe('a question for an address', () => {
  it('is written as RFC 1035 has it', () => {
    expect(Buffer.from(asked).toString('hex')).toBe(
      'beef01000001000000000000' + '0376706e076578616d706c65036f726700' + '00010001',
    )
    expect(encodeQuestion({ ...QUESTION, name: 'vpn.example.org.' })).toEqual(asked)
  })

  it('is none where a name is empty, has an empty label or is too long', () => {
    for (const name of ['', 'a..b', 'a'.repeat(64), 'a.'.repeat(130)]) {
      expect(encodeQuestion({ ...QUESTION, name })).toBeUndefined()
    }
  })
})

describe('an answer', () => {
  const read = (bytes: Uint8Array) => decodeAnswer(bytes, QUESTION, noDrops())

  it('brings all addresses of the name', () => {
    const bytes = answerTo(asked, { 'vpn.example.org': ['192.0.2.1', '192.0.2.2', '2001:db8::1'] })
    expect(read(bytes)).toEqual({
      code: 0,
      truncated: false,
      addresses: [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)],
    })
  })

  it('brings the address of what the name is an alias of, wherever the records stand', () => {
    const expected = { code: 0, addresses: [Uint8Array.of(192, 0, 2, 9)] }
    expect(read(answer(asked, 0, [ALIAS, ADDRESS_OF_ALIAS]))).toMatchObject(expected)
    expect(read(answer(asked, 0, [ALIAS]))).toMatchObject({ addresses: [] })
  })

  it('follows seven aliases at the most, also where they lead in a circle', () => {
    const name = (number: number) => [1, 0x61 + number, 0]
    const first = encodeQuestion({ ...QUESTION, name: 'a' })!
    const alias = (from: number, to: number) =>
      Uint8Array.of(...name(from), 0, 5, 0, 1, 0, 0, 0, 60, 0, 3, ...name(to))
    const address = (of: number) => Uint8Array.of(...name(of), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9)
    const found = (...records: Uint8Array[]) =>
      decodeAnswer(answer(first, 0, records), { ...QUESTION, name: 'a' }, noDrops())!.addresses.length
    const chain = Array.from({ length: 8 }, (_, number) => alias(number, number + 1))
    expect(found(...chain.slice(0, 7), address(7))).toBe(1)
    expect(found(...chain, address(8))).toBe(0)
    expect(found(alias(0, 1), alias(1, 0), address(2))).toBe(0)
  })

  it('is none where a name leads forwards in it, or to itself', () => {
    const address = (name: readonly number[]) =>
      Uint8Array.of(...name, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
    const pointer = address([0xc0, asked.length + 16])
    const target = address([...asked.subarray(12, -4)])
    expect(read(answer(asked, 0, [target]))).toBeDefined()
    expect(read(answer(asked, 0, [pointer, target]))).toBeUndefined()
    expect(read(answer(asked, 0, [address([0xc0, asked.length])]))).toBeUndefined()
  })

  it('brings no address of another name', () => {
    const foreign = Uint8Array.of(1, 0x78, 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 6, 6, 6, 6)
    expect(read(answer(asked, 0, [foreign]))).toMatchObject({ addresses: [] })
  })

  it('is none where its number, its name, its type or its direction is another', () => {
    const right = answerTo(asked, { 'vpn.example.org': ['192.0.2.1'] })
    const changed = (at: number, value: number) =>
      Uint8Array.from(right, (byte, i) => (i === at ? value : byte))
    expect(read(right)).toBeDefined()
    expect(read(changed(0, 0))).toBeUndefined()
    expect(read(changed(2, 1))).toBeUndefined()
    expect(read(changed(13, 0x78))).toBeUndefined()
    expect(read(changed(asked.length - 3, 28))).toBeUndefined()
  })

  it.each([
    { family: 4, type: 1, length: 4 },
    { family: 6, type: 28, length: 16 },
  ] as const)('brings each address of IPv$family as it was written', ({ family, type, length }) => {
    const question = { ...QUESTION, family }
    const bytes = fc.oneof(fc.constant(0), fc.nat(255)) // runs of zeros are what IPv6 abbreviates
    fc.assert(
      fc.property(fc.array(bytes, { minLength: length, maxLength: length }), (address) => {
        const record = Uint8Array.of(0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, length, ...address)
        const read = decodeAnswer(answer(encodeQuestion(question)!, 0, [record]), question, noDrops())
        expect(read?.addresses).toEqual([Uint8Array.from(address)])
      }),
    )
  })

  it('that is none is counted by its cause', () => {
    const right = answerTo(asked, { 'vpn.example.org': ['192.0.2.1'] })
    const other = Uint8Array.from(right).fill(0, 0, 2)
    const drops = noDrops()
    for (const bytes of [
      right,
      right.subarray(0, -1),
      right.subarray(0, 11),
      new Uint8Array(),
      other,
      asked,
    ]) {
      decodeAnswer(bytes, QUESTION, drops)
    }
    expect(drops).toEqual({ malformed: 3, unrelated: 2 })
  })

  it('whose names are pointers that lead in circles is none', () => {
    const at = asked.length
    const own = Uint8Array.of(0xc0, at)
    const forwards = Uint8Array.of(0xc0, at + 2, 0xc0, at)
    const amid = Uint8Array.of(1, 0x61, 0xc0, at)
    for (const name of [own, forwards, amid]) {
      const drops = noDrops()
      expect(
        decodeAnswer(answer(asked, 0, [Uint8Array.of(...name, ...RECORD)]), QUESTION, drops),
      ).toBeUndefined()
      expect(drops.malformed).toBe(1)
    }
  })

  it('as large as can be, whose names are pointers to pointers, takes a bounded number of steps', () => {
    const chain = new Uint8Array(MAX_ANSWER / 2) // all of it one record's data, in which each pointer leads to the one before
    const start = asked.length + 12
    for (let pointer = 2; pointer < chain.length; pointer += 2) {
      chain[pointer] = 0xc0 | ((start + pointer - 2) >> 8)
      chain[pointer + 1] = (start + pointer - 2) & 0xff
    }
    const holder = Uint8Array.of(
      0xc0,
      12,
      0xff,
      0,
      0,
      1,
      0,
      0,
      0,
      60,
      chain.length >> 8,
      chain.length & 0xff,
      ...chain,
    )
    const last = start + chain.length - 2
    const names = Array.from({ length: 120 }, () => Uint8Array.of(0xc0 | (last >> 8), last & 0xff, ...RECORD))
    const bytes = answer(asked, 0, [holder, ...names])
    bytes.set([0, 121], 6)
    expect(bytes.length).toBeLessThan(MAX_ANSWER)
    expect(read(bytes)).toMatchObject({ addresses: [] })
  })

  it('is whole, or says that it was cut', () => {
    const right = answer(asked, 0, [ALIAS, ADDRESS_OF_ALIAS])
    expect(read(right.subarray(0, -1))).toBeUndefined()
    const cut = answer(asked, 0, [ALIAS, ADDRESS_OF_ALIAS], true).subarray(0, -1)
    expect(read(cut)).toEqual({ code: 0, truncated: true, addresses: [] })
  })

  it('of any bytes is read or not, and nothing is thrown', () => {
    const tail = fc.uint8Array({ maxLength: 200 })
    fc.assert(fc.property(tail, (bytes) => void read(bytes)))
    fc.assert(fc.property(tail, fc.nat(20), (bytes, count) => void read(answer(asked, count % 16, [bytes]))))
    fc.assert(
      fc.property(fc.nat(300), fc.nat(255), (at, value) => {
        const right = answer(asked, 0, [ALIAS, ADDRESS_OF_ALIAS])
        if (at < right.length) right[at] = value
        read(right)
      }),
    )
  })
})
