// A Parquet file as an independent reader sees it. "sql FILE": the SELECT list that gives the same text as "rows FILE".
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from './reader/hyparquet/src/node.js'
import { decompress } from './reader/fzstd/esm/index.mjs'

const [what, path] = process.argv.slice(2)
const file = await asyncBufferFromFile(path)
const columns = parquetSchema(await parquetMetadataAsync(file)).children.map(c => c.element)
const text = v => v === null || v === undefined ? '-' :
    v instanceof Uint8Array ? Buffer.from(v).toString('hex').toUpperCase() : String(v).replaceAll(',', ' ')

if (what === 'sql') {
    const one = c => c.converted_type === 'TIMESTAMP_MICROS' ? `epoch_us(${c.name})` :
        c.type === 'BYTE_ARRAY' && c.converted_type !== 'UTF8' ? `hex(${c.name})` : `replace(${c.name}::VARCHAR, ',', ' ')`
    console.log(columns.map(c => `coalesce(${one(c)}::VARCHAR, '-')`).join(` || '|' || `))
} else {
    const rows = await parquetReadObjects({
        file, utf8: false, compressors: { ZSTD: (input, n) => decompress(input, new Uint8Array(n)) },
        parsers: { timestampFromMicroseconds: v => v }
    })
    process.stdout.write(rows.map(r => columns.map(c => text(r[c.name])).join('|') + '\n').join(''))
}
