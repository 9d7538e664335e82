import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture } from '../../../lab/lab.js'
import { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { unpackedNode } from '../../support/node/unpacked-node.js'
import { type Block, blocksOf, commandsOf, markOf } from '../../support/pages/blocks.js'

const ROOT = join(import.meta.dirname, '../../..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
/** What a clone does not have. */
const MADE_HERE = ['node_modules', 'dist', '.git', 'coverage', 'results']
/** Milliseconds for npm and for a compiler, which write or read thousands of files. */
const PATIENCE = 600_000
/** What `plugin test` says at last if nothing is broken. */
const ALL_KEPT = /\n(\d+) of \1 promises are kept; the seed was \d+$/
/** Whether plugins that are made are tried by all compilers on all versions of Node: `npm run long -- made-plugins`. */
const IS_FULL = process.env.QANAT_NODES !== undefined
/** Major versions of Node, besides that of the test, on which they are tried. */
const NODES = (process.env.QANAT_NODES ?? '26').split(',')
/** This test, as marks of pages have it. */
const THIS = 'test/e2e/command/packaging.test.ts'

let folder: string
/** A copy of the sources, as a clone has them. */
let source: string
/** What npm made of them. */
let packed: string

beforeAll(async () => {
  folder = temporaryFolder()
  source = join(folder, 'source')
  cpSync(ROOT, source, { recursive: true, filter: (path) => !MADE_HERE.includes(basename(path)) })
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'))
  await run(source, 'npm', 'pack', '--pack-destination', folder)
  packed = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz'))!)
  rmSync(join(source, 'node_modules'))
}, PATIENCE)

/** Runs a program to its end, with a folder of the test's own in the place where npm installs global packages. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    npm_config_prefix: join(folder, 'global'),
    npm_config_prefer_offline: 'true',
    npm_config_ignore_scripts: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }
  return new Program(program, args, { cwd, env }).output(PATIENCE)
}

/** What `qanat --version` prints, where npm put the program for everybody. */
function installed(): Promise<string> {
  return run(folder, join(folder, 'global/bin/qanat'), '--version')
}

describe('the packed file', () => {
  /** A project that has the package, and besides it what this one has. */
  let project: string
  beforeAll(async () => {
    project = join(folder, 'project')
    const modules = join(project, 'node_modules')
    mkdirSync(join(modules, 'qanat'), { recursive: true })
    await run(folder, 'tar', '-xzf', packed, '-C', join(modules, 'qanat'), '--strip-components', '1')
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name !== 'qanat') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
    write('package.json', '{ "type": "module" }')
    write('index.js', read('plugins/rot13-cipher/index.js'))
    write('rot13.test.ts', read('plugins/rot13-cipher/rot13.test.ts'))
    mkdirSync(join(project, 'unix'))
    write('unix/index.js', read('plugins/unix-transport/index.js'))
    write('unix/unix.test.ts', read('plugins/unix-transport/unix.test.ts'))
    mkdirSync(join(project, 'xchacha20'))
    for (const name of ['index.js', 'vectors.js', 'kit.test.js'])
      write(`xchacha20/${name}`, read(`plugins/cipher-xchacha20/${name}`))
    write('two-tunnels.mjs', /<!-- two-tunnels.mjs -->\n```js\n(.*?)```/s.exec(read('docs/library.md'))![1]!)
  }, PATIENCE)

  function write(name: string, text: string): void {
    writeFileSync(join(project, name), text)
  }

  it('holds the bundle and declarations of what can be imported: no modules, tests or demo', async () => {
    const files = (await run(folder, 'tar', '-tzf', packed)).split('\n')
    expect(files).toEqual(
      expect.arrayContaining([
        'package/dist/program/main.js',
        'package/dist/program/index.js',
        'package/LICENSE',
      ]),
    )
    const unwanted =
      /\/src\/.*\.(js|map)$|tsbuildinfo|\.test\.|\/(bench|demo|lab|e2e|interop)\/|\/src\/(cli|control|host|tun)\/(?!memory-device\.).*\.d\.ts$/
    expect(files.filter((file) => unwanted.test(file))).toEqual([])
    expect(files.length).toBeLessThan(500)
  })

  it('runs, and is imported, by its name and by its path', async () => {
    const main = join(project, 'node_modules/qanat/dist/program/main.js')
    expect(await run(project, process.execPath, main, '--version')).toBe(version)
    expect(await run(project, process.execPath, 'two-tunnels.mjs')).toContain('laptop: reached')
    const byPath =
      "import { createTunnel } from './node_modules/qanat/dist/program/index.js'; console.log(typeof createTunnel)"
    expect(await run(project, process.execPath, '--input-type=module', '-e', byPath)).toBe('function')
  })

  it('has conformance suites that a plugin passes', async () => {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const report = await run(project, process.execPath, vitest, 'run', '--root', project, 'rot13')
    expect(report).toContain('rot13.test.ts')
    const byNode = await run(project, process.execPath, '--test', 'xchacha20/kit.test.js')
    expect(byNode).toMatch(/pass [1-9]\d*\n/)
    expect(byNode).toMatch(/fail 0\n/)
  })

  const STRICTEST = {
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowJs: true,
    checkJs: true,
    noEmit: true,
  }

  async function compile(compiler: string, config: object): Promise<string> {
    write(
      'everything.ts',
      ['', '/plugin', '/testing', '/conformance', '/di']
        .map((entry, at) => `export * as entry${at} from 'qanat${entry}'\n`)
        .join(''),
    )
    write('tsconfig.json', JSON.stringify(config))
    const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc')
    return run(project, process.execPath, tsc, '-p', project)
  }

  it.each(['typescript-5.9', 'typescript-6', 'typescript'])(
    'has declarations and examples that %s accepts, at its strictest',
    async (compiler) => {
      // Without skipLibCheck it would not look into our declarations.
      const compilerOptions = { ...STRICTEST, module: 'nodenext', skipLibCheck: false }
      expect(await compile(compiler, { compilerOptions })).toBe('')
    },
    PATIENCE,
  )

  it.each(['typescript-5.9', 'typescript'])(
    'has entries that %s finds as a bundler does',
    async (compiler) => {
      const bundler = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }
      const compilerOptions = { ...STRICTEST, ...bundler }
      expect(await compile(compiler, { compilerOptions, files: ['everything.ts'] })).toBe('')
    },
    PATIENCE,
  )
})

describe('parts under the packed kit', () => {
  /** A project that has the package and nothing of its own. */
  let project: string
  let main: string
  const made: string[] = []
  beforeAll(async () => {
    project = join(folder, 'authors')
    const modules = join(project, 'node_modules')
    mkdirSync(join(modules, 'qanat'), { recursive: true })
    await run(folder, 'tar', '-xzf', packed, '-C', join(modules, 'qanat'), '--strip-components', '1')
    for (const name of readdirSync(join(ROOT, 'node_modules')))
      if (name !== 'qanat') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    main = join(modules, 'qanat/dist/program/main.js')
    for (const kind of ['transport', 'cipher', 'packets']) {
      for (const more of [[], ['--ts']]) {
        made.push([kind, ...more].join('').replace('--', '-'))
        await run(project, process.execPath, main, 'plugin', 'new', made.at(-1)!, '--kind', kind, ...more)
      }
    }
  }, PATIENCE)

  it.each(['old-cipher', 'old-transport', 'noise-cipher', 'mark-hook'])(
    'keep what they promise, as somebody packed them: %s',
    async (name) => {
      const cwd = join(project, name)
      cpSync(fixture(`plugins/${name}`), cwd, { recursive: true })
      expect(await run(cwd, process.execPath, main, 'plugin', 'test', './index.js')).toMatch(ALL_KEPT)
    },
    PATIENCE,
  )

  it(
    'keep what they promise if they are built in',
    async () => {
      cpSync(fixture('plugins/built-ins.js'), join(project, 'built-ins.js'))
      expect(await run(project, process.execPath, 'built-ins.js')).toMatch(/^\d{3} promises were tried$/)
    },
    PATIENCE,
  )

  it.each([
    ['typescript-5.9', 'nodenext'],
    ['typescript-5.9', 'bundler'],
    ['typescript', 'nodenext'],
    ['typescript', 'bundler'],
  ])(
    'that it makes have types that %s finds as by %s',
    async (compiler, moduleResolution) => {
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
      const { compilerOptions } = JSON.parse(readFileSync(join(project, 'cipher-ts/tsconfig.json'), 'utf8'))
      const all = { ...compilerOptions, module, moduleResolution, allowJs: true, checkJs: true, noEmit: true }
      const config = { compilerOptions: all, include: made.map((name) => `${name}/*`) }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
      const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc')
      expect(await run(project, process.execPath, tsc, '-p', project)).toBe('')
    },
    PATIENCE,
  )

  it(
    'that it makes build, and keep what they promise',
    async () => {
      await keepPromises(process.execPath, ['typescript'])
      const tested = await run(join(project, 'packets'), process.execPath, '--test')
      expect(tested).toMatch(/pass [1-9]\d*\n/)
    },
    PATIENCE,
  )

  for (const major of NODES) {
    describeWhere([`Node ${major}`], `on Node ${major}`, () => {
      it(
        'that it makes build, and keep what they promise',
        () =>
          IS_FULL
            ? keepPromises(unpackedNode(major)!, ['typescript-5.9', 'typescript'])
            : keepPromises(unpackedNode(major)!, ['typescript-5.9'], made.filter(isInTypeScript)),
        PATIENCE,
      )
    })
  }

  /** Builds what was made, with each of the compilers, and runs its kit. */
  async function keepPromises(node: string, compilers: readonly string[], names = made): Promise<void> {
    for (const name of names) {
      const cwd = join(project, name)
      const keeps = async (plugin: string) =>
        expect(await run(cwd, node, main, 'plugin', 'test', plugin)).toMatch(ALL_KEPT)
      if (!isInTypeScript(name)) await keeps('./index.js')
      else {
        for (const compiler of compilers) {
          rmSync(join(cwd, 'dist'), { recursive: true, force: true })
          await run(cwd, node, join(ROOT, 'node_modules', compiler, 'bin/tsc'))
          await keeps('./dist/index.js')
        }
      }
    }
  }
})

describe('npm link', () => {
  it(
    'puts the built program on the path, and the package into a project',
    async () => {
      const project = join(folder, 'linked')
      mkdirSync(project)
      writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
      symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'))
      await run(source, 'npm', 'link', '--offline') // what npm pack has built
      expect(await installed()).toBe(version)
      await run(project, 'npm', 'link', '--offline', 'qanat')
      const script = "import { createTunnel } from 'qanat'; console.log(typeof createTunnel)"
      expect(await run(project, process.execPath, '--input-type=module', '-e', script)).toBe('function')
      rmSync(join(folder, 'global'), { recursive: true })
      rmSync(join(source, 'node_modules'))
    },
    PATIENCE,
  )
})

describeWhere(['the npm registry'], 'an install', () => {
  it(
    'as the README has it puts the program on the path',
    async () => {
      rmSync(join(source, 'dist'), { recursive: true, force: true })
      const [install, demo, ...rest] = commandsFor(blocksOf('README.md'))
      expect(rest).toEqual([])
      // But for the addon of tuntap2: it takes a compiler half a minute, and is optional.
      await run(source, 'sh', '-c', `export npm_config_ignore_scripts=true; ${install}`)
      expect(await installed()).toBe(version)
      // Of all tunnels, which take a minute, one that needs nothing of the machine.
      expect(
        await run(source, 'sh', '-c', demo!.replace('npm run demo', 'npm run demo -- memory/xor')),
      ).toMatch(/^memory .* equal$/m)
      rmSync(join(folder, 'global'), { recursive: true })
    },
    PATIENCE,
  )

  it(
    'of the packed file puts the program and the package into a project',
    async () => {
      const project = join(folder, 'installed')
      mkdirSync(project)
      writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
      for (const command of commandsFor(blocksOf('docs/plugin-tutorial.md')))
        await run(
          project,
          'sh',
          '-c',
          command.replace('npm install qanat', `npm install --ignore-scripts ${packed}`),
        )
      expect(await run(project, join(project, 'node_modules/.bin/qanat'), '--version')).toBe(version)
      const script = "import { createTunnel } from 'qanat'; console.log(typeof createTunnel)"
      expect(await run(project, process.execPath, '--input-type=module', '-e', script)).toBe('function')
    },
    PATIENCE,
  )
})

/** The commands of a page that this test types. */
function commandsFor(blocks: readonly Block[]): string[] {
  return blocks
    .filter((block) => markOf(block, 'run by') === THIS)
    .flatMap(commandsOf)
    .map(({ words }) => words)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function isInTypeScript(name: string): boolean {
  return name.endsWith('-ts')
}
