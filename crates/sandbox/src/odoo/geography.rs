//! Countries and states, as a fresh Odoo knows them: names, ISO codes and external ids.
//!
//! External ids follow Odoo's pattern: `base.us`, `base.state_us_6`, `base.state_ca_on`. The one exception among
//! countries is the United Kingdom, `base.uk`. States are given for the countries that ServiceTitan serves.

/// ISO 3166 code, a space, the name that Odoo shows; one country a line.
pub(super) const COUNTRIES: &str = "\
AD Andorra
AE United Arab Emirates
AF Afghanistan
AG Antigua and Barbuda
AI Anguilla
AL Albania
AM Armenia
AO Angola
AQ Antarctica
AR Argentina
AS American Samoa
AT Austria
AU Australia
AW Aruba
AX Åland Islands
AZ Azerbaijan
BA Bosnia and Herzegovina
BB Barbados
BD Bangladesh
BE Belgium
BF Burkina Faso
BG Bulgaria
BH Bahrain
BI Burundi
BJ Benin
BL Saint Barthélémy
BM Bermuda
BN Brunei Darussalam
BO Bolivia
BQ Bonaire, Sint Eustatius and Saba
BR Brazil
BS Bahamas
BT Bhutan
BV Bouvet Island
BW Botswana
BY Belarus
BZ Belize
CA Canada
CC Cocos (Keeling) Islands
CF Central African Republic
CD Congo (DRC)
CG Congo (Republic)
CH Switzerland
CI Côte d'Ivoire
CK Cook Islands
CL Chile
CM Cameroon
CN China
CO Colombia
CR Costa Rica
CU Cuba
CV Cape Verde
CW Curaçao
CX Christmas Island
CY Cyprus
CZ Czech Republic
DE Germany
DJ Djibouti
DK Denmark
DM Dominica
DO Dominican Republic
DZ Algeria
EC Ecuador
EE Estonia
EG Egypt
EH Western Sahara
ER Eritrea
ES Spain
ET Ethiopia
FI Finland
FJ Fiji
FK Falkland Islands
FM Micronesia
FO Faroe Islands
FR France
GA Gabon
GD Grenada
GE Georgia
GF French Guiana
GH Ghana
GI Gibraltar
GG Guernsey
GL Greenland
GM Gambia
GN Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece
GS South Georgia and the South Sandwich Islands
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong
HM Heard Island and McDonald Islands
HN Honduras
HR Croatia
HT Haiti
HU Hungary
ID Indonesia
IE Ireland
IL Israel
IM Isle of Man
IN India
IO British Indian Ocean Territory
IQ Iraq
IR Iran
IS Iceland
IT Italy
JE Jersey
JM Jamaica
JO Jordan
JP Japan
KE Kenya
KG Kyrgyzstan
KH Cambodia
KI Kiribati
KM Comoros
KN Saint Kitts and Nevis
KP North Korea
KR South Korea
KW Kuwait
KY Cayman Islands
KZ Kazakhstan
LA Laos
LB Lebanon
LC Saint Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania
LU Luxembourg
LV Latvia
LY Libya
MA Morocco
MC Monaco
MD Moldova
ME Montenegro
MF Saint Martin (French part)
MG Madagascar
MH Marshall Islands
MK North Macedonia
ML Mali
MM Myanmar
MN Mongolia
MO Macau
MP Northern Mariana Islands
MQ Martinique
MR Mauritania
MS Montserrat
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NF Norfolk Island
NG Nigeria
NI Nicaragua
NL Netherlands
NO Norway
NP Nepal
NR Nauru
NU Niue
NZ New Zealand
OM Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea
PH Philippines
PK Pakistan
PL Poland
PM Saint Pierre and Miquelon
PN Pitcairn Islands
PR Puerto Rico
PS State of Palestine
PT Portugal
PW Palau
PY Paraguay
QA Qatar
RE Réunion
RO Romania
RS Serbia
RU Russian Federation
RW Rwanda
SA Saudi Arabia
SB Solomon Islands
SC Seychelles
SD Sudan
SE Sweden
SG Singapore
SH Saint Helena, Ascension and Tristan da Cunha
SI Slovenia
SJ Svalbard and Jan Mayen
SK Slovakia
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SS South Sudan
ST São Tomé and Príncipe
SV El Salvador
SX Sint Maarten (Dutch part)
SY Syria
SZ Eswatini
TC Turks and Caicos Islands
TD Chad
TF French Southern Territories
TG Togo
TH Thailand
TJ Tajikistan
TK Tokelau
TM Turkmenistan
TN Tunisia
TO Tonga
TL Timor-Leste
TR Türkiye
TT Trinidad and Tobago
TV Tuvalu
TW Taiwan
TZ Tanzania
UA Ukraine
UG Uganda
GB United Kingdom
UM USA Minor Outlying Islands
US United States
UY Uruguay
UZ Uzbekistan
VA Holy See (Vatican City State)
VC Saint Vincent and the Grenadines
VE Venezuela
VG Virgin Islands (British)
VI Virgin Islands (USA)
VN Vietnam
VU Vanuatu
WF Wallis and Futuna
WS Samoa
YE Yemen
YT Mayotte
ZA South Africa
ZM Zambia
ZW Zimbabwe
XI Northern Ireland
XK Kosovo
";

/// Country code, last part of the external id, state code, name; one state a line.
pub(super) const STATES: &str = "\
AU 1 ACT Australian Capital Territory
AU 2 NSW New South Wales
AU 3 NT Northern Territory
AU 4 QLD Queensland
AU 5 SA South Australia
AU 6 TAS Tasmania
AU 7 VIC Victoria
AU 8 WA Western Australia
US 1 AL Alabama
US 2 AK Alaska
US 3 AZ Arizona
US 4 AR Arkansas
US 5 CA California
US 6 CO Colorado
US 7 CT Connecticut
US 8 DE Delaware
US 9 DC District of Columbia
US 10 FL Florida
US 11 GA Georgia
US 12 HI Hawaii
US 13 ID Idaho
US 14 IL Illinois
US 15 IN Indiana
US 16 IA Iowa
US 17 KS Kansas
US 18 KY Kentucky
US 19 LA Louisiana
US 20 ME Maine
US 21 MT Montana
US 22 NE Nebraska
US 23 NV Nevada
US 24 NH New Hampshire
US 25 NJ New Jersey
US 26 NM New Mexico
US 27 NY New York
US 28 NC North Carolina
US 29 ND North Dakota
US 30 OH Ohio
US 31 OK Oklahoma
US 32 OR Oregon
US 33 MD Maryland
US 34 MA Massachusetts
US 35 MI Michigan
US 36 MN Minnesota
US 37 MS Mississippi
US 38 MO Missouri
US 39 PA Pennsylvania
US 40 RI Rhode Island
US 41 SC South Carolina
US 42 SD South Dakota
US 43 TN Tennessee
US 44 TX Texas
US 45 UT Utah
US 46 VT Vermont
US 47 VA Virginia
US 48 WA Washington
US 49 WV West Virginia
US 50 WI Wisconsin
US 51 WY Wyoming
US as AS American Samoa
US fm FM Federated States of Micronesia
US gu GU Guam
US mh MH Marshall Islands
US mp MP Northern Mariana Islands
US pw PW Palau
US pr PR Puerto Rico
US vi VI Virgin Islands
US aa AA Armed Forces Americas
US ae AE Armed Forces Europe
US ap AP Armed Forces Pacific
CA ab AB Alberta
CA bc BC British Columbia
CA mb MB Manitoba
CA nb NB New Brunswick
CA nl NL Newfoundland and Labrador
CA nt NT Northwest Territories
CA ns NS Nova Scotia
CA nu NU Nunavut
CA on ON Ontario
CA pe PE Prince Edward Island
CA qc QC Quebec
CA sk SK Saskatchewan
CA yt YT Yukon
";

/// The name part of a country's external id (module `base`).
pub(super) fn country_external_name(code: &str) -> String {
    if code == "GB" {
        "uk".to_owned()
    } else {
        code.to_lowercase()
    }
}
