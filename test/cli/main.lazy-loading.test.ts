import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { QANAT } from '../../lab/lab.js'
import { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { memoryTunnel } from '../support/config/memory-tunnel.js'

/** What takes long to load, and what only tunnels need: the container, loggers, and whatever calls the system. */
const HEAVY =
  /\/(part-(running|tunnel|engine)\.js|node_modules\/(tsyringe|reflect-metadata|pino|pino-pretty|sonic-boom|koffi|@koromix)\/)/

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
  writeFileSync(join(folder, 'office.toml'), memoryTunnel('memory://office'), { mode: 0o600 })
})

function qanat(env: NodeJS.ProcessEnv, ...args: string[]): Program {
  return new Program(process.execPath, [QANAT, ...args], {
    cwd: folder,
    env: { ...process.env, RUNTIME_DIRECTORY: folder, ...env },
  })
}

/** Runs a command, and tells the modules that V8 saw meanwhile, as ES modules or by `require`. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const coverage = join(folder, 'coverage')
  await qanat({ NODE_V8_COVERAGE: coverage }, ...args).ending()
  const modules = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] }
    return result.map(({ url }) => url).filter((url) => url.startsWith('file:'))
  })
  rmSync(coverage, { recursive: true })
  expect(modules.some((url) => url.endsWith('/program/main.js'))).toBe(true)
  return modules
}

describe('the command line', () => {
  it('loads no commander to tell its version, which it tells as commander does', async () => {
    expect((await loadedBy('--version')).filter((url) => url.includes('/commander/'))).toEqual([])
    const outputs = ['--version', '-V'].map((word) => qanat({}, word).output())
    expect(
      new Set([...(await Promise.all(outputs)), await qanat({}, '--log-level', 'info', '-V').output()]).size,
    ).toBe(1)
  })

  it.each(['--version', '--help', 'completion bash', 'completion zsh', 'completion fish', 'man', 'status'])(
    'loads no container, logger or koffi for %s',
    async (words) => {
      expect((await loadedBy(...words.split(' '))).filter((url) => HEAVY.test(url))).toEqual([])
    },
  )

  it('loads none of them to ask a running tunnel, nor to end it', async () => {
    const tunnel = qanat({}, 'up', 'office.toml')
    await tunnel.line('listening')
    for (const args of [
      ['status', 'office'],
      ['status', '--json'],
      ['reload', 'office.toml'],
      ['down', 'office.toml'],
    ]) {
      expect((await loadedBy(...args)).filter((url) => HEAVY.test(url))).toEqual([])
    }
    expect(await tunnel.ending()).toEqual({ code: 0, signal: null })
  })

  it('loads none of them to tell that nothing runs, nor is left to be undone', async () => {
    expect((await loadedBy('down', 'office.toml')).filter((url) => HEAVY.test(url))).toEqual([])
  })

  it('has no thread more for 20 plugins than for none, and loads no more of its own than for one', async () => {
    const [counted, count] = ['threads', 'count.mjs'].map((name) => join(folder, name)) as [string, string]
    const tell = `fs.writeFileSync('${counted}', String(fs.readdirSync('/proc/self/task').length))`
    writeFileSync(count, `import fs from 'node:fs'; process.on('exit', () => ${tell})`)
    const plugins = Array.from({ length: 20 }, (_, at) => {
      const hook = '{ summary: "nothing", create: () => ({ outgoing() {} }) }'
      const text = `export default { api: 1, name: 'p${at}', packetHooks: { p${at}: ${hook} } }`
      writeFileSync(join(folder, `p${at}.mjs`), text)
      return ['--plugin', `./p${at}.mjs`]
    })
    const threads = async (given: readonly string[][]) => {
      await qanat({ NODE_OPTIONS: `--import=${count}` }, 'plugins', ...given.flat()).output()
      return Number(readFileSync(counted, 'utf8'))
    }
    const loaded = async (given: readonly string[][]) =>
      (await loadedBy('plugins', ...given.flat())).filter((url) => !url.startsWith(`file://${folder}/`))
    expect(await threads(plugins)).toBe(await threads([]))
    expect((await loaded(plugins)).toSorted()).toEqual((await loaded(plugins.slice(1, 2))).toSorted())
  })

  it('loads the container, and no koffi, to list what can be chosen', async () => {
    const heavy = (await loadedBy('plugins')).filter((url) => HEAVY.test(url))
    expect(heavy.some((url) => url.includes('/tsyringe/'))).toBe(true)
    expect(heavy.filter((url) => /koffi|pino/.test(url))).toEqual([])
  })
})
