// @ts-check
// What documents point to and is not there: links, headings, and files and folders of this repository that they name.
import { posix } from 'node:path';

/**
 * @typedef {object} Doc
 * @property {string} path from the root
 * @property {string} text Markdown
 */

const FENCE = /^```[\s\S]*?^```/gm;
const CODE_SPAN = /`[^`\n]+`/g;
/** A path from the root. */
const ROOTED =
  /(?<![\w./@-])(?:\.ci|proto|shared|coordinator|worker|cli|deploy|test|examples|docs)\/[\w./-]*[\w/]/g;
/** The end of a source file's path, or its name alone. */
const SOURCE = /^[\w-][\w.-]*(?:\/[\w.-]+)*\.(?:ts|mjs|cjs|cc|h|proto|py)$/;
/** What stands for any name in a path. */
const ANY = /\bNAME\b/;
/** Records of what was decided then: files have moved since. */
const HISTORY = /^(CHANGELOG\.md|docs\/adr\/)/;
/** Written when it is built or set up, so not among the files. */
const BUILT = /(^|\/)(dist|generated|node_modules|\.env)(\/|$)/;

/**
 * @param {readonly Doc[]} docs all documents
 * @param {readonly string[]} files all files, from the root
 * @returns {string[]} one a fault: 'docs/a.md: b.md is not there'
 */
export function docFaultsOf(docs, files) {
  const headings = new Map(docs.map(({ path, text }) => [path, anchorsOf(text)]));
  const places = new Set(files.flatMap(foldersAndFile));
  const ends = new Set(files.flatMap(endsOf));
  return docs.flatMap((doc) => [
    ...linksOf(doc).flatMap((link) => linkFault(doc, link, places, headings) ?? []),
    ...(HISTORY.test(doc.path) ? [] : pathsOf(doc))
      .filter(
        (path) =>
          !BUILT.test(path) && !ANY.test(path) && !places.has(path.replace(/\/$/, '')) && !ends.has(path),
      )
      .map((path) => `${doc.path}: ${path} is not there`),
  ]);
}

/**
 * @param {Doc} doc
 * @param {string} link
 * @param {ReadonlySet<string>} places
 * @param {ReadonlyMap<string, ReadonlySet<string>>} headings
 * @returns {string | undefined}
 */
function linkFault(doc, link, places, headings) {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? doc.path : posix.join(posix.dirname(doc.path), file);
  if (!places.has(target.replace(/\/$/, ''))) return `${doc.path}: ${file} is not there`;
  const isMissing = anchor !== undefined && headings.get(target)?.has(anchor) === false;
  return isMissing ? `${doc.path}: ${target} has no heading #${anchor}` : undefined;
}

/**
 * Relative ones.
 * @param {Doc} doc
 */
function linksOf({ text }) {
  const prose = text.replaceAll(FENCE, '').replaceAll(CODE_SPAN, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/**
 * The paths that a document names in code.
 * @param {Doc} doc
 */
function pathsOf({ text }) {
  const fences = [...text.matchAll(FENCE)].map(([fence]) => fence);
  const indented = text.split('\n').filter((line) => line.startsWith('    '));
  const spans = [...text.replaceAll(FENCE, '').matchAll(CODE_SPAN)].map(([span]) => span.slice(1, -1));
  const rooted = [...fences, ...indented, ...spans].flatMap((code) => code.match(ROOTED) ?? []);
  return [...new Set([...rooted, ...spans.filter((span) => SOURCE.test(span))])];
}

/**
 * As GitHub makes them.
 * @param {string} text
 */
function anchorsOf(text) {
  const prose = text.replaceAll(FENCE, '');
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** @param {string} file */
function foldersAndFile(file) {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** @param {string} file */
function endsOf(file) {
  const parts = file.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
}
