// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Verdict} from "./ProofTypes.sol";

/// @notice Judges evidence of some kinds of fraud. A pure function of the evidence and of what the root contracts
/// hold, so that `eth_call` is a free dry run of a challenge.
interface IFraudVerifier {
    /// @notice The evidence is sound but shows nothing wrong.
    error NotFraud(string why);
    /// @notice This verifier does not judge the kind.
    error UnknownKind(uint8 kind);

    /// @param evidence abi.encode of the arguments of the kind's own function
    /// @return verdict what is proven; reverts when nothing is
    function verify(uint8 kind, bytes calldata evidence) external view returns (Verdict memory verdict);
}
