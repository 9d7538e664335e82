import { nameOf } from '../run/find-runs.js'
import type { Change } from './tunnel-watch.js'

/** A change as a sentence, with the tunnel in front. */
export function changeText(change: Change): string {
  return `${nameOf(change.file)}: ${sentenceOf(change)}`
}

function sentenceOf({ endpoint, kind, peer, why }: Change): string {
  const by = endpoint === null ? '' : `, by ${endpoint}`
  const because = why === null ? '' : `: ${why}`
  const sentences: Readonly<Record<Change['kind'], string>> = {
    connected: `${peer} is connected${by}`,
    moved: `${peer} is reached by ${endpoint} now`,
    lost: `${peer} is lost${because}`,
    unreached: `${peer} is not reached${because}`,
    portal: why ?? 'a login page is in the way',
    ended: 'the tunnel ended',
  }
  return sentences[kind]
}
