// Bundles the modules that the compiler wrote to dist/src into dist/program, which the package runs: one file for each entry
// point, and one for the modules that the same entries share. Hundreds of modules take longer to find and read than to run.
// Packages stay outside, since plugins share them with the program. Names stay, so that stacks read as before; maps lead to the sources.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/program')
const built = (name) => join(root, 'dist/src', `${name}.js`)

/** Modules that are imported or started from outside, by the names of their files. */
const ENTRIES = {
  main: 'cli/main',
  'qanat-wg': 'cli/qanat-wg',
  'guard-work': 'cli/run/guard-work',
  'pac-worker': 'transports/pac/pac-worker',
  index: 'index',
  plugin: 'app/plugin',
  di: 'app/di',
  testing: 'conformance/testing',
  conformance: 'conformance/index',
  builtins: 'app/builtins', // what the kit is tried on
}

/** What is loaded on its own: the version, what comes before all else, the command line, questions to a running tunnel, what runs one, a tunnel, and what others import. */
const LOADED = {
  version: ['cli/main'],
  begin: ['cli/begin/code-cache'],
  words: ['cli/command-line'],
  questions: ['cli/actions/status', 'cli/actions/reload', 'cli/actions/down'],
  running: ['cli/actions/connect'],
  up: ['cli/actions/up', 'cli/qanat-wg'],
  tunnel: ['app/library/embedded-tunnel', 'app/container'],
  library: ['index'],
  plugin: ['app/plugin'],
  testing: ['conformance/testing'],
  conformance: ['conformance/index'],
}

/** What a tunnel loads besides, depending on its configuration. */
const PARTS = {
  linux: ['tun/linux', 'native/base/native', 'transports/dialing/choose-egress', 'app/uapi/answer-tools'],
  udp: ['transports/udp/udp', 'transports/udp/udp-backend'],
  streams: ['transports/tcp/tcp', 'transports/streams/stream-parts'],
  web: ['transports/websocket/websocket'],
  ciphers: ['ciphers/wireguard', 'ciphers/psk'],
  host: ['host/host-changes', 'host/repair'],
  hooks: ['core/hooks/hook-chain'],
}

/**
 * The file that a module goes into; undefined leaves it to the bundler, for modules that only `import()` reaches. Loading one module
 * loads its whole file, so modules that several load are apart from those of one alone: the library loads no commander.
 */
function fileOf(module) {
  const by = reachedBy.get(module) ?? new Set()
  const elsewhere = by.has('tunnel') || by.has('library') || by.has('testing')
  const runs = by.has('running') || by.has('up')
  const ofParts = Object.keys(PARTS).some((part) => by.has(part))
  if (alone.has(module)) return undefined
  if (by.has('plugin')) return 'plugin'
  if (by.has('version')) return 'version'
  if (by.has('begin')) return 'begin'
  if (by.has('words')) return elsewhere ? 'base' : 'words'
  if (by.has('questions')) return elsewhere || runs ? 'files' : ofParts ? 'changes' : 'questions'
  if (by.has('library')) return 'library'
  if (by.has('tunnel')) return by.has('testing') ? 'engine' : runs ? 'tunnel' : 'embedded'
  if (runs) return by.has('testing') ? 'checks' : by.has('running') ? 'running' : ofParts ? 'serving' : 'up'
  if (by.has('testing')) return ofParts ? 'tried' : 'testing'
  if (by.size > 1) return [...by].every((part) => part === 'streams' || part === 'web') ? 'streams' : 'parts'
  return [...by][0]
}

/**
 * Packages in CommonJS. Where one is imported, Node parses its files, and those whose exports it passes on, for
 * their names before it runs any; `require` runs them at once, and gives the same objects to who imports them elsewhere.
 */
const REQUIRED = ['@peculiar/x509', 'commander', 'dns-packet', 'pino', 'reflect-metadata', 'tsyringe', 'ws']
/** The bundler's own file, which holds nothing, and what loads it. */
const RUNTIME_FILE = 'part-rolldown-runtime.js'
const RUNTIME = /^import "\.\/part-rolldown-runtime\.js";$/gm
/** Files that do little with node:crypto, and need none of its classes. */
const ASK_LATE = /^part-(base|files|changes)\.js$/
/** Node's own modules: where one is imported, Node looks at all that it exports, and loads more of them for that. */
const BUILT_IN = /^import (?:([\w$]+)(?:, )?)?(?:\{(.*)\})? from "(node:[a-z0-9_/]+)";$/gm
const PASSED_ON = new RegExp(`^export .* from "(${REQUIRED.join('|')})";$`, 'm')
const IMPORT = new RegExp(`^import (?:\\{(.*)\\} from )?"(${REQUIRED.join('|')})";$`, 'gm')

/** The same code, line by line, which requires those packages. They run after what is imported, in their order. */
function requiring(code) {
  if (PASSED_ON.test(code)) return code // it would run before them
  let isFirst = true
  return code.replace(IMPORT, (_line, names, name) => {
    const made = isFirst
      ? 'const requirePackage = process.getBuiltinModule("node:module").createRequire(import.meta.url); '
      : ''
    isFirst = false
    const bound = names === undefined ? '' : `const {${names.replaceAll(' as ', ': ')}} = `
    return `${made}${bound}requirePackage("${name}");`
  })
}

/**
 * The same code, line by line, which asks Node for its own modules, and loads no file that holds nothing. Functions of node:crypto, which takes
 * longer to load than all others, are asked for when they are first called, in files that a mere question to a running tunnel loads as well.
 */
function askingNode(code, fileName) {
  return code.replace(RUNTIME, '').replace(BUILT_IN, (_line, whole, names, name) => {
    if (name === 'node:crypto' && ASK_LATE.test(fileName)) {
      return names
        .trim()
        .split(', ')
        .map((one) => `const ${one} = (...given) => process.getBuiltinModule("${name}").${one}(...given);`)
        .join(' ')
    }
    const module = `process.getBuiltinModule("${name}")`
    const bound = names === undefined ? [] : [`{${names.replaceAll(' as ', ': ')}} = ${whole ?? module}`]
    return `const ${[...(whole === undefined ? [] : [`${whole} = ${module}`]), ...bound].join(', ')};`
  })
}

/** A file that only passes on what another one exports, by other names: what an `import()` in the sources asks for. */
const PASSES_ON = /^export \{ (.*) \} from "(\.\/part-[\w-]+\.js)";\n*$/

/** The same code, line by line, which loads what such files pass on, and not them: Node takes as long for a small file as for a large one. */
function loadingAtOnce(code, passingOn) {
  return code.replace(/\bimport\("\.\/([\w-]+\.js)"\)/g, (call, name) => {
    const [, exported, from] = passingOn.get(name) ?? []
    if (from === undefined) return call
    const pairs = exported.split(', ').map((one) => one.split(' as '))
    const taken = pairs.map(([short, long = short]) => `${short}: ${long}`).join(', ')
    return `import("${from}").then(({ ${taken} }) => ({ ${pairs.map((pair) => pair.at(-1)).join(', ')} }))`
  })
}

/** Which of those reach a module without `import()`. */
const reachedBy = new Map()

/** Entry points that nothing else imports: each keeps a file of its own. */
const alone = new Set()

/** @param infoOf tells what a module imports, and what imports it. */
function follow(infoOf) {
  for (const [name, modules] of Object.entries({ ...LOADED, ...PARTS })) {
    const left = modules.map(built)
    while (left.length > 0) {
      const module = left.pop()
      const by = reachedBy.get(module) ?? new Set()
      if (by.has(name) || !module.startsWith(root)) continue
      reachedBy.set(module, by.add(name))
      left.push(...infoOf(module).importedIds)
    }
  }
  for (const module of Object.values(ENTRIES).map(built)) {
    if (infoOf(module).importers.length === 0) alone.add(module)
  }
}

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(ENTRIES).map(([name, module]) => [name, built(module)])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  treeshake: false, // modules may do something when they are loaded
  checks: { ineffectiveDynamicImport: false },
  plugins: [
    {
      name: 'qanat',
      /** The sources' own lines, not the compiler's. */
      load: (id) =>
        id.startsWith(root)
          ? { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }
          : null,
      buildEnd() {
        follow((id) => this.getModuleInfo(id))
      },
    },
  ],
})
const { output } = await bundle.generate({
  dir: folder,
  format: 'esm',
  sourcemap: true,
  sourcemapExcludeSources: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'part-[name].js',
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'loaded together', name: (id) => fileOf(id) ?? null }],
  },
})
await bundle.close()

// Rewrites only files that changed: running programs may still load the others.
mkdirSync(folder, { recursive: true })
const passingOn = new Map()
for (const { code = '', fileName, isDynamicEntry, isEntry } of output) {
  const match = isDynamicEntry && !isEntry ? PASSES_ON.exec(code) : null
  if (match !== null) passingOn.set(fileName, match)
}
const written = output.filter(({ fileName }) => fileName !== RUNTIME_FILE && !passingOn.has(fileName))
const names = new Set(written.map(({ fileName }) => fileName))
for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name), { recursive: true })
for (const one of written) {
  const file = join(folder, one.fileName)
  const content =
    one.type === 'chunk'
      ? requiring(loadingAtOnce(askingNode(one.code, one.fileName), passingOn))
      : one.source
  if (!existsSync(file) || readFileSync(file, 'utf8') !== content) writeFileSync(file, content)
}
for (const program of ['main', 'qanat-wg']) chmodSync(join(folder, `${program}.js`), 0o755)
