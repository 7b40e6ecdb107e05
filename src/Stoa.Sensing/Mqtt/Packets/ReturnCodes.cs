namespace Stoa.Sensing.Mqtt.Packets;

/// <summary>CONNACK return codes of MQTT 3.1.1 (3.2.2.3) and the reasons of MQTT 5 they stand for.</summary>
internal static class ReturnCodes
{
    internal static byte Of(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.BadAuthenticationMethod => 5,
        _ => 3,
    };

    internal static ReasonCode ToReason(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdentifierNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => ReasonCode.UnspecifiedError,
    };
}
