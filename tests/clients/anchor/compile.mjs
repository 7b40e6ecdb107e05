// Compiles the contract again, outside the build and the tests, which take the bytecode that lies beside it:
//   npm install --no-save solc@0.8.37 && node compile.mjs
// What it prints are the bytecode (CheckpointAnchor.bin) and the selectors that stand in src/Stoa.Ledger/Anchoring/AnchorContract.cs.
import { readFileSync, writeFileSync } from "node:fs";
import solc from "solc";

const name = "CheckpointAnchor.sol";
const output = JSON.parse(solc.compile(JSON.stringify({
  language: "Solidity",
  sources: { [name]: { content: readFileSync(new URL(name, import.meta.url), "utf8") } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "paris", // What chains of all kinds run.
    metadata: { bytecodeHash: "none" }, // The same bytes whatever the place and the comments.
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.methodIdentifiers"] } },
  },
})));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
const { bytecode, methodIdentifiers } = output.contracts[name].CheckpointAnchor.evm;
console.log(solc.version(), methodIdentifiers);
writeFileSync(new URL("CheckpointAnchor.bin", import.meta.url), bytecode.object + "\n");
