/** The door `varve/export`. It brings Dexie along: a page that seldom needs it loads it with `import()`. */
export { type ExportLine, exportFormat, exportLines } from './export-lines.ts'
export { type ExportOptions, exportStore } from './export-store.ts'
