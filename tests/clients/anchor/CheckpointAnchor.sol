// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Pins what was claimed of logs, when and by whom. It does not prove that a log only grew: witnesses do (C2SP tlog-witness).
contract CheckpointAnchor {
    struct Head { uint64 size; uint64 time; bytes32 root; }

    mapping(address => mapping(bytes32 => Head)) public head;

    event Anchored(address indexed by, bytes32 indexed logId, uint64 size, bytes32 root, bytes32 checkpointHash);

    error Shrinks();
    error SplitView();

    /// logId: SHA-256 of the origin. checkpointHash: SHA-256 of the signed checkpoint.
    function anchor(bytes32 logId, uint64 size, bytes32 root, bytes32 checkpointHash) external {
        Head storage h = head[msg.sender][logId];
        if (size < h.size) revert Shrinks();
        if (size == h.size && h.time != 0 && root != h.root) revert SplitView();
        h.size = size; h.root = root; h.time = uint64(block.timestamp);
        emit Anchored(msg.sender, logId, size, root, checkpointHash);
    }
}
