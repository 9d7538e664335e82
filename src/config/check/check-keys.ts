import { cipherOf, cipherTraitsOf } from '../schema/cipher-of.js'
import type { Check, PublicKeyOf } from './check.js'

/** Which of the two is in the wrong place, the file does not tell. */
const SAME_AS_OWN =
  "is also this end's private key; give the peer's public key here, and the own private key there"

/**
 * Checks that each end has the keys that its cipher takes, that no public key is there twice, and that no private
 * key stands where a public one belongs, as far as the file itself tells.
 */
export function checkKeys(check: Check, publicKeyOf: PublicKeyOf): void {
  checkPairs(check)
  checkOwn(check)
  checkPresence(check)
  checkPublicKeys(check, publicKeyOf)
}

/** A key and the file that holds it are not given both. */
function checkPairs({ model, dialect, report }: Check): void {
  const own = model.interface
  const both = (first: unknown, second: unknown, path: readonly (string | number)[], name: string) => {
    if (first === undefined || second === undefined) return
    report([...path, `${name}-file`], `stands beside ${dialect.describe([...path, name])}; give one of them`)
  }
  both(own.privateKey, own.privateKeyFile, ['interface'], 'private-key')
  both(own.key, own.keyFile, ['interface'], 'key')
  for (const [index, peer] of model.peers.entries()) {
    both(peer.presharedKey, peer.presharedKeyFile, ['peer', index], 'preshared-key')
  }
}

function checkOwn({ dialect, model, remark, report, traits }: Check): void {
  const own = model.interface
  const { keys } = cipherTraitsOf(own, traits) ?? {}
  const isPrivate = own.privateKey !== undefined || own.privateKeyFile !== undefined
  const isShared = own.key !== undefined || own.keyFile !== undefined
  if (keys === 'private' && !isPrivate && !isShared && dialect.keyMayFollow) {
    remark(['interface', 'private-key'], 'is missing: the tunnel carries nothing until "wg set" gives it one')
  } else if (cipherOf(own) === undefined || (keys === 'private' && !isPrivate)) {
    report(['interface', 'private-key'], 'is missing; make one with "qanat genkey"')
  } else if (isPrivate && isShared) {
    report(
      ['interface', own.key === undefined ? 'key-file' : 'key'],
      'stands beside a private key; a cipher takes one of them',
    )
  } else if (isPrivate && (keys === 'shared' || keys === 'none')) {
    report(['interface', 'cipher'], `is '${own.cipher}', which takes 'key' and no private key`)
  }
}

/** Peers are told apart by their keys; if none has one there is one peer. */
function checkPresence({ model, report, traits }: Check): void {
  const known = cipherTraitsOf(model.interface, traits)
  if (known === undefined) return
  const { keys, peers } = known
  for (const [index, { publicKey }] of model.peers.entries()) {
    if (publicKey !== undefined) continue
    if (keys === 'private') {
      report(['peer', index, 'public-key'], 'is missing; the peer has it from "qanat pubkey"')
    } else if (model.peers.length > 1 && peers === 'many') {
      report(['peer', index, 'public-key'], 'is missing; by it this peer is told from the others')
    } else if (model.peers.length > 1) {
      report(['peer', index], `is one of ${model.peers.length}; ends that share a key have one peer`)
    }
  }
}

function checkPublicKeys({ model, report }: Check, publicKeyOf: PublicKeyOf): void {
  const { privateKey } = model.interface
  const own = privateKey === undefined ? undefined : publicKeyOf(privateKey)
  const first = new Map<string, number>()
  for (const [index, { publicKey }] of model.peers.entries()) {
    if (publicKey !== undefined && !first.has(publicKey)) first.set(publicKey, index)
  }
  for (const [index, { group, publicKey }] of model.peers.entries()) {
    if (publicKey === undefined) continue
    const complain = (why: string) => report(['peer', index, 'public-key'], why)
    const twin = first.get(publicKey)!
    const partner = isClamped(publicKey) ? publicKeyOf(publicKey) : undefined
    if (publicKey === privateKey) complain(SAME_AS_OWN)
    else if (publicKey === own) complain("is this end's own public key; give the peer's")
    else if (twin !== index) complain(twinText(twin, model.peers[twin]!.group, group))
    else if (partner !== undefined && partner === own)
      complain("is this end's private key; give the peer's public key")
    else if (partner !== undefined && first.has(partner)) {
      complain(`is the private key of peer ${first.get(partner)! + 1}; give a public key`)
    }
  }
}

/** Two peers have one key. */
function twinText(twin: number, its: string | undefined, group: string | undefined): string {
  if (its === undefined || group === undefined || its === group) {
    return `is that of peer ${twin + 1}, too; each peer has its own`
  }
  return `is that of peer ${twin + 1}, in group '${its}'; a peer is in one group`
}

/**
 * Whether the bytes may be a private key as `wg genkey` writes it (RFC 7748 section 5): one public key in 16 may,
 * and only for those it is worth to compute what they would be the private key of.
 */
function isClamped(key: string): boolean {
  const bytes = Buffer.from(key, 'base64')
  return (bytes[0]! & 7) === 0 && bytes[31]! >> 6 === 1
}
