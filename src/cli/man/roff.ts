/** Characters of a line in the page's source, such that escapes do not make it longer than the 80 that mandoc asks for. */
const WIDTH = 60

/** Text for a manual page, in which nothing is taken for markup, broken into lines between words. groff_char(7) */
export function roffText(text: string): string {
  return lines(text).map(escaped).join('\n')
}

function lines(text: string): string[] {
  return text.match(new RegExp(`.{1,${WIDTH}}(?= |$)|\\S+`, 'g'))?.map((line) => line.trimStart()) ?? []
}

function escaped(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^\./, '\\&.')
}

/** A section with its lines; it begins a paragraph by itself. */
export function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...(lines[0] === '.PP' ? lines.slice(1) : lines)]
}

/** A term and what it means. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', `.B ${escaped(term)}`, roffText(sentence(meaning))]
}

/** A paragraph, its first letter large and with a full stop, where descriptions have neither. */
export function sentence(text: string): string {
  const whole = /[.:]$/.test(text) ? text : `${text}.`
  return whole.replace(/^[a-z](?=[a-z]*[ ,;:](?!\/))/, (letter) => letter.toUpperCase())
}

/** Lines that are shown as they are. */
export function verbatim(lines: readonly string[]): string[] {
  return ['.PP', '.nf', ...lines.map((line) => `    ${escaped(line)}`), '.fi']
}
