/** One line of the engine's log, in the shape that the CLI parses. It goes to stderr: stdout belongs to JSON-RPC. */
export function log(level, message, fields = {}) {
  const line = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, ...fields },
    target: 'schema_engine::logger',
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
