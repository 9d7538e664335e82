import { createHash } from 'node:crypto'
import type { Mutant } from './rows/mutant.js'

/** So many of the mutants, always the same for a seed: each is as likely to be among them as any other. */
export function shareOf<Kind extends Mutant>(mutants: readonly Kind[], count: number, seed: string): Kind[] {
  const rank = ({ breaks }: Mutant) => createHash('sha256').update(`${seed}\0${breaks}`).digest('hex')
  const ranked = mutants.map((mutant) => ({ mutant, rank: rank(mutant) }))
  ranked.sort((one, other) => (one.rank < other.rank ? -1 : 1))
  return ranked.slice(0, count).map(({ mutant }) => mutant)
}
