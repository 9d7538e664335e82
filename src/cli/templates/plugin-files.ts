import { cipherTemplate } from './cipher.js'
import type { KindMade } from './kinds-made.js'
import { packetsTemplate } from './packets.js'
import { head, type NewPlugin, type Template } from './template.js'
import { transportTemplate } from './transport.js'

const TEMPLATES: Readonly<Record<KindMade, Template>> = {
  transport: transportTemplate,
  cipher: cipherTemplate,
  packets: packetsTemplate,
}

/** The files of a new plugin, by their names. `version` is that of Qanat. */
export function pluginFiles(
  kind: KindMade,
  made: NewPlugin,
  version: string,
): Readonly<Record<string, string>> {
  const template = TEMPLATES[kind]
  const ending = made.typescript ? 'ts' : 'js'
  return {
    'package.json': `${JSON.stringify(manifest(template, made, version), null, 2)}\n`,
    ...(made.typescript && { 'tsconfig.json': `${JSON.stringify(COMPILER, null, 2)}\n` }),
    [`index.${ending}`]: template.plugin(made),
    [`${made.name}.kit.${ending}`]: kitOf(template, made),
    [`${made.name}.test.${ending}`]: testOf(made),
    'README.md': readme(template, made),
  }
}

function manifest({ does }: Template, { name, typescript }: NewPlugin, version: string): object {
  return {
    name: `qanat-${name}`,
    version: '0.1.0',
    description: `A plugin for Qanat that ${does}`,
    private: true,
    type: 'module',
    exports: typescript ? './dist/index.js' : './index.js',
    scripts: typescript
      ? { build: 'tsc', test: 'tsc && node --test dist/*.test.js' }
      : { test: 'node --test' },
    peerDependencies: { qanat: `>=${version}` },
    devDependencies: {
      ...(typescript && { '@types/node': '>=20', typescript: '>=5.9' }),
      qanat: `^${version}`,
    },
  }
}

const COMPILER = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    rootDir: '.',
    outDir: 'dist',
    declaration: true,
  },
  include: ['*.ts'],
}

function kitOf({ kit }: Template, made: NewPlugin): string {
  const { before, value } = kit(made)
  const types: Record<string, string> = made.typescript ? { 'qanat/testing': 'type { Kit }' } : {}
  const start = `${head(made.typescript, types)}${before}`
  const gap = start.endsWith('check\n') ? '' : '\n'
  return made.typescript
    ? `${start}${gap}const kit: Kit = ${value}\n\nexport default kit\n`
    : `${start}${gap}/** @type {import('qanat/testing').Kit} */\nexport default ${value}\n`
}

function testOf({ name, typescript }: NewPlugin): string {
  return `${head(typescript, {
    'node:test': 'test',
    'qanat/testing': '{ kitCases }',
    './index.js': 'plugin',
    [`./${name}.kit.js`]: 'kit',
  })}
for (const { name, run } of kitCases(plugin, kit)) test(name, run)
`
}

function readme({ does, use }: Template, { name, typescript }: NewPlugin): string {
  const module = typescript ? './dist/index.js' : './index.js'
  return `# ${name}

A plugin for Qanat that ${does}.

    npm install    # if npm has no qanat yet: npm install PATH/qanat-VERSION.tgz
    npm test    # the cases of its kit, by Node's test runner
    npx qanat plugin test ${module}    # the same without one; tells what is promised
    npx qanat plugins ${name} --plugin ${module}
    sudo npx qanat --plugin ${module} ${use(name)} …

\`${name}.kit.${typescript ? 'ts' : 'js'}\` says how it is tested. What plugins are given, and what parts promise, is in
\`node_modules/qanat/docs/plugins.md\` and \`kit.md\` beside it.
`
}
