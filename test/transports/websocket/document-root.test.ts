import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { DocumentRoot } from '../../../src/transports/websocket/document-root.js'
import { afterTest } from '../../support/after-test.js'

const PAGE = 'harmless'

it('shows no link, no FIFO and no folder that took the place of a file, and waits for none of them', async () => {
  const folder = temporaryFolder()
  const site = join(folder, 'site')
  mkdirSync(join(site, 'sub'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  const replaced = ['link.txt', 'fifo.txt', 'folder.txt', 'gone.txt', 'sub/secret.txt']
  for (const name of [...replaced, 'whole.txt']) writeFileSync(join(site, name), PAGE)
  const get = await serve(site)
  for (const name of [...replaced, 'whole.txt']) expect(await get(name)).toEqual([200, PAGE])
  for (const name of replaced) rmSync(join(site, name))
  rmSync(join(site, 'sub'), { recursive: true })
  symlinkSync(join(folder, 'secret.txt'), join(site, 'link.txt'))
  execFileSync('mkfifo', [join(site, 'fifo.txt')])
  mkdirSync(join(site, 'folder.txt'))
  symlinkSync(folder, join(site, 'sub'))
  for (const name of replaced) {
    // More of them at a time than Node has threads for files.
    const answers = await Promise.all(Array.from({ length: 6 }, () => get(name)))
    expect([name, new Set(answers.map(([status]) => status))]).toEqual([name, new Set([404])])
    expect([name, await get(name, 'HEAD')]).toEqual([name, [404, '']])
  }
  expect(await get('whole.txt')).toEqual([200, PAGE])
  expect(await get('whole.txt', 'HEAD')).toEqual([200, ''])
})

it('shows a file of many pieces whole', async () => {
  const site = temporaryFolder()
  const text = 'abcdefg'.repeat(100_000)
  writeFileSync(join(site, 'large.txt'), text)
  const get = await serve(site)
  expect(await get('large.txt')).toEqual([200, text])
})

/** A web server that shows a folder, and how to ask it for a file: status and content. */
async function serve(site: string) {
  const root = await DocumentRoot.open(site)
  afterTest(() => root.close())
  const server = http
    .createServer((request, response) => root.answer(request, response))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => server.close())
  const { port } = server.address() as AddressInfo
  return async (name: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}/${name}`, { method })
    const text = await response.text()
    return [response.status, text]
  }
}
