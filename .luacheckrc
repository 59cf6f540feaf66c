-- What Wireshark gives to its Lua scripts, and what is ours.
std = "lua52c"
max_line_length = 100
read_globals = {
	"Dissector", "DissectorTable", "Field", "Listener", "Pref", "Proto", "ProtoExpert",
	"ProtoField", "Struct", "TextWindow", "TreeItem", "Tvb", "base", "expert", "frametype", "gui_enabled",
	"register_menu", "retap_packets", "register_stat_cmd_arg", "wtap", "MENU_STAT_UNSORTED",
}
-- Rows of the table are as long as they are.
files["build/dissector/nvmetap.lua"] = {max_line_length = false}
files["dissector/nvmetap.lua"] = {max_line_length = false}
