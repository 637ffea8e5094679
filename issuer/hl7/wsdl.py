"""The WSDL of CDC's immunization interface: names, types and bindings as CDC publishes them, the address ours. Pure."""

from typing import Final
from xml.sax.saxutils import quoteattr

_TEMPLATE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:cdc:iisb:2011"
    xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" targetNamespace="urn:cdc:iisb:2011" name="IISServiceNew">
 <types>
  <xsd:schema elementFormDefault="qualified" targetNamespace="urn:cdc:iisb:2011">
   <xsd:complexType name="connectivityTestRequestType"><xsd:sequence>
    <xsd:element name="echoBack" type="xsd:string" minOccurs="1" maxOccurs="1" nillable="true"/>
   </xsd:sequence></xsd:complexType>
   <xsd:complexType name="connectivityTestResponseType"><xsd:sequence>
    <xsd:element name="return" type="xsd:string" minOccurs="1" maxOccurs="1" nillable="true"/>
   </xsd:sequence></xsd:complexType>
   <xsd:complexType name="submitSingleMessageRequestType"><xsd:sequence>
    <xsd:element name="username" type="xsd:string" minOccurs="0" maxOccurs="1" nillable="true"/>
    <xsd:element name="password" type="xsd:string" minOccurs="0" maxOccurs="1" nillable="true"/>
    <xsd:element name="facilityID" type="xsd:string" minOccurs="0" maxOccurs="1" nillable="true"/>
    <xsd:element name="hl7Message" type="xsd:string" minOccurs="1" maxOccurs="1" nillable="true"/>
   </xsd:sequence></xsd:complexType>
   <xsd:complexType name="submitSingleMessageResponseType"><xsd:sequence>
    <xsd:element name="return" type="xsd:string" minOccurs="1" maxOccurs="1" nillable="true"/>
   </xsd:sequence></xsd:complexType>
   <xsd:complexType name="soapFaultType"><xsd:sequence>
    <xsd:element name="Code" type="xsd:integer" minOccurs="1"/>
    <xsd:element name="Reason" type="xsd:string" minOccurs="1"/>
    <xsd:element name="Detail" type="xsd:string" minOccurs="1"/>
   </xsd:sequence></xsd:complexType>{fault_types}
   <xsd:element name="connectivityTest" type="tns:connectivityTestRequestType"/>
   <xsd:element name="connectivityTestResponse" type="tns:connectivityTestResponseType"/>
   <xsd:element name="submitSingleMessage" type="tns:submitSingleMessageRequestType"/>
   <xsd:element name="submitSingleMessageResponse" type="tns:submitSingleMessageResponseType"/>
   <xsd:element name="fault" type="tns:soapFaultType"/>{fault_elements}
  </xsd:schema>
 </types>{messages}
 <message name="UnknownFault_Message"><part name="fault" element="tns:fault"/></message>{fault_messages}
 <portType name="IIS_PortType">{port_operations}
 </portType>
 <binding name="client_Binding_Soap12" type="tns:IIS_PortType">
  <soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>{bound_operations}
 </binding>
 <service name="client_Service">
  <port binding="tns:client_Binding_Soap12" name="client_Port_Soap12"><soap12:address location={address}/></port>
 </service>
</definitions>
"""
_FAULT_TYPE: Final = """
   <xsd:complexType name="{0}FaultType"><xsd:sequence>
    <xsd:element name="Code" type="xsd:integer" minOccurs="1"/>
    <xsd:element name="Reason" fixed="{0}"/>
    <xsd:element name="Detail" type="xsd:string" minOccurs="1"/>
   </xsd:sequence></xsd:complexType>"""
_FAULT_ELEMENT: Final = """
   <xsd:element name="{0}Fault" type="tns:{0}FaultType"/>"""
_FAULT_MESSAGE: Final = """
 <message name="{0}Fault_Message"><part name="fault" element="tns:{0}Fault"/></message>"""
_MESSAGE: Final = """
 <message name="{0}_Message"><part name="parameters" element="tns:{0}"/></message>"""
_PORT: Final = """
  <operation name="{0}">
   <input message="tns:{0}_Message" wsaw:Action="urn:cdc:iisb:2011:{0}"/>
   <output message="tns:{0}Response_Message" wsaw:Action="urn:cdc:iisb:2011:{0}Response"/>{1}
  </operation>"""
_PORT_FAULT: Final = """
   <fault name="{0}Fault" message="tns:{0}Fault_Message"/>"""
_BOUND: Final = """
  <operation name="{0}"><soap12:operation soapAction="urn:cdc:iisb:2011:{0}"/>
   <input><soap12:body use="literal"/></input>
   <output><soap12:body use="literal"/></output>{1}
  </operation>"""
_BOUND_FAULT: Final = """
   <fault name="{0}Fault"><soap12:fault use="literal" name="{0}Fault"/></fault>"""

_FAULTS: Final = ("UnsupportedOperation", "Security", "MessageTooLarge")
"""Faults of fixed reason; `Unknown` has a type of its own."""
_OPERATIONS: Final = {
    "connectivityTest": ("Unknown", "UnsupportedOperation"),
    "submitSingleMessage": ("Unknown", "Security", "MessageTooLarge"),
}


def wsdl(address: str) -> bytes:
    """The service at this address (an absolute URL)."""
    messages = (f"{name}{end}" for name in _OPERATIONS for end in ("", "Response"))
    return _TEMPLATE.format(
        address=quoteattr(address),
        messages="".join(map(_MESSAGE.format, messages)),
        fault_types="".join(map(_FAULT_TYPE.format, _FAULTS)),
        fault_elements="".join(map(_FAULT_ELEMENT.format, _FAULTS)),
        fault_messages="".join(map(_FAULT_MESSAGE.format, _FAULTS)),
        port_operations=_operations(_PORT, _PORT_FAULT),
        bound_operations=_operations(_BOUND, _BOUND_FAULT),
    ).encode()


def _operations(operation: str, fault: str) -> str:
    return "".join(operation.format(name, "".join(map(fault.format, faults))) for name, faults in _OPERATIONS.items())
