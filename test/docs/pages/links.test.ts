import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { pages } from '../../support/pages/blocks.js'

const ROOT = join(import.meta.dirname, '../../..')

it.each(pages())('%s links to files that are there, and to headings and reasons that they have', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  const broken = links.filter((link) => !/^https?:/.test(link) && !leads(join(ROOT, page), link))
  expect(broken).toEqual([])
})

function leads(page: string, link: string): boolean {
  const [path, anchor] = link.split('#') as [string, string | undefined]
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(target)) return false
  if (anchor === undefined || statSync(target).isDirectory()) return true
  const text = readFileSync(target, 'utf8')
  if (text.includes(`<a id="${anchor}"></a>`)) return true
  return [...text.matchAll(/^#+ (.*)$/gm)].some(([, heading]) => slugOf(heading!) === anchor)
}

/** What GitHub calls a heading. */
function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
